"""The types of inputs: what each accepts, and what it is for the engine and on the wire.

One object for each type, so that everything about a type stands in one place. `parse` gets what pydantic has checked
to be of the type's `base`, and raises `ValueError` with what is wrong, in words that follow the input's name.
"""

from __future__ import annotations

import ipaddress
import json
import math
import urllib.parse
from collections.abc import Mapping
from typing import Any, Final, Literal

from .._platform.collections import Collection
from .credentials import canonical_credentials, check_credentials
from .secret import Secret, SecretReference, reference_of
from .whole_numbers import with_whole_numbers

Base = Literal["text", "flag", "list", "any"]


class FieldType:
    """Text that is not empty; base of the other types."""

    description = "text, not empty"
    base: Base = "text"
    is_secret = False
    may_be_empty = False
    missing = "is required"
    """What is wrong when the input is not there."""

    def parse(self, value: Any) -> Any:
        """The value of an input as a program gives it, made clean.

        Raises:
            ValueError: it is not of this type.
        """
        if not value.strip():
            raise ValueError("must not be blank")
        if "\0" in value:
            raise ValueError("must not hold the character NUL")
        return value

    def from_engine(self, value: Any) -> Any:
        """A property as the engine holds it."""
        return with_whole_numbers(value)

    def to_engine(self, value: Any) -> Any:
        """The property that the engine is to hold."""
        return value

    def from_wire(self, value: Any) -> Any:
        """What the platform shows; never None or empty text."""
        return with_whole_numbers(value)

    def to_wire(self, value: Any) -> Any:
        """What the platform is sent.

        Raises:
            ValueError: a reference leads to no value.
        """
        return value


class HostType(FieldType):
    """A host name or an IP address. A URL stands for its host, as the vendor's guides write it."""

    description = "host name or IP address"

    def parse(self, value: Any) -> str:
        host: str = super().parse(value)
        if "://" in host:
            host = _host_of_url(host)
        if "@" in host:
            raise ValueError("must be a host name or IP address alone; a user name goes into `username`")
        if "/" in host or any(char.isspace() for char in host):
            raise ValueError("must be a host name or IP address alone, without path or spaces")
        if ":" in host or host.startswith("["):
            return _ip_address(host)
        return host

    def from_wire(self, value: Any) -> Any:
        try:
            return self.parse(value)
        except (ValueError, AttributeError):  # somebody else's, and not ours to judge
            return value


def _host_of_url(url: str) -> str:
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port
    except ValueError:  # whose text repeats the URL
        raise ValueError("must be a host name or IP address; this is no URL that has one") from None
    if parts.username is not None or parts.password is not None:
        raise ValueError("must hold no user name or password; they go into `username` and `password`")
    if port is not None:
        raise ValueError("must hold no port; it goes into `port`")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("must hold no path; a data source names it")
    if not parts.hostname:
        raise ValueError("must be a host name or IP address; this URL has none")
    return parts.netloc


def _ip_address(text: str) -> str:
    try:
        return str(ipaddress.IPv6Address(text.removeprefix("[").removesuffix("]")))
    except ValueError:
        raise ValueError("must be a host name or IP address alone; its port goes into `port`") from None


class PortType(FieldType):
    """A TCP port."""

    description = "whole number from 1 to 65535"
    base: Base = "any"

    def parse(self, value: Any) -> int:
        if isinstance(value, str) and value.strip().isdecimal():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 65535:
            raise ValueError("must be a whole number from 1 to 65535")
        return value

    def from_wire(self, value: Any) -> Any:
        return int(value) if isinstance(value, str) and value.isdigit() else super().from_wire(value)


class SecretType(FieldType):
    """A secret text, or a reference to one."""

    description = "text, not empty; a secret"
    base: Base = "any"
    is_secret = True

    def __init__(self, *, may_be_empty: bool = False) -> None:
        self.may_be_empty = may_be_empty

    def parse(self, value: Any) -> Secret | SecretReference:
        if isinstance(value, SecretReference):
            return value
        if not isinstance(value, Secret):
            raise ValueError(_UNDECRYPTED if value == {} else "must be text")
        text = value.reveal()
        if not text and not self.may_be_empty:
            raise ValueError("must not be empty")
        if text and not text.strip():
            raise ValueError("must not be blank")
        if "\0" in text:
            raise ValueError("must not hold the character NUL")
        return value

    def from_engine(self, value: Any) -> Any:
        return reference_of(value) or (Secret(value) if isinstance(value, str) else value)

    def to_engine(self, value: Any) -> Any:
        if isinstance(value, Secret):
            return value.reveal()
        return value.as_property() if isinstance(value, SecretReference) else value

    def to_wire(self, value: Any) -> Any:
        return self._read(value).reveal()

    def _read(self, value: Secret | SecretReference) -> Secret:
        return value.read() if isinstance(value, SecretReference) else value


_UNDECRYPTED: Final = (
    "must be text. An empty object in its place is what a stack reference gives when the other stack's secrets cannot "
    "be decrypted: is its passphrase or secrets provider the same?"
)


class CredentialsType(SecretType):
    """A service account's key: however it is written, equal keys are equal."""

    description = "service-account key: dict, JSON text, or base64 of it; a secret"

    def parse(self, value: Any) -> Secret | SecretReference:
        if isinstance(value, SecretReference):
            if value.still_leads_there():  # else it cannot be read, as was told, or what it leads to is ignored
                check_credentials(value.read().reveal())
            return value
        if value == {}:
            raise ValueError(f"{_UNDECRYPTED} `pulumi import` writes one as well: put the key there")
        given = value.reveal() if isinstance(value, Secret) else value
        check_credentials(given)
        return Secret(canonical_credentials(given))

    def to_wire(self, value: Any) -> Any:
        return json.loads(canonical_credentials(self._read(value).reveal()))


class ColorType(FieldType):
    """A color."""

    description = "color as #RRGGBB"

    def parse(self, value: Any) -> str:
        if len(value) != 7 or value[0] != "#" or any(char not in "0123456789abcdef" for char in value[1:].lower()):
            raise ValueError("must be a color as #RRGGBB")
        return str(value).lower()

    def from_wire(self, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value


class SecondsType(FieldType):
    """A length of time."""

    description = "number of seconds, more than 0"
    base: Base = "any"

    def parse(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
            raise ValueError("must be a number of seconds, more than 0")
        return value


class CountType(FieldType):
    """How many there are of something. What is no such number is no answer."""

    description = "whole number"

    def from_wire(self, value: Any) -> int | None:
        value = super().from_wire(value)
        return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


class FlagType(FieldType):
    """Yes or no."""

    description = "true or false"
    base: Base = "flag"

    def parse(self, value: Any) -> Any:
        return value


class ValuesType(FieldType):
    """Any values, compared with those of the last time."""

    description = "list of any values"
    base: Base = "list"

    def parse(self, value: Any) -> Any:
        if _holds_nan(value):
            raise ValueError("must not hold NaN, which is never equal to itself")
        return value


def _holds_nan(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_nan, value.values()))
    if isinstance(value, list):
        return any(map(_holds_nan, value))
    return isinstance(value, float) and math.isnan(value)


class ReferenceType(FieldType):
    """The id of an object of another collection. Some answers hold the object itself."""

    description = "id of an object"
    missing = (
        "its id is not there. If the run leaves that resource out (--target, --exclude) and it was never made, "
        "target it as well"
    )

    def __init__(self, collection: Collection) -> None:
        self.collection = collection

    def from_wire(self, value: Any) -> Any:
        return value.get("_id") if isinstance(value, Mapping) else value


class LocationType(FieldType):
    """Where data come from: the names that lead to it."""

    description = "names by what they name"
    base: Base = "any"

    def parse(self, value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise ValueError("must be names by what they name")
        return {name: part for name, part in value.items() if part is not None}


TEXT: Final = FieldType()
LOCATION: Final = LocationType()
HOST: Final = HostType()
PORT: Final = PortType()
SECRET: Final = SecretType()
PASSWORD: Final = SecretType(may_be_empty=True)
CREDENTIALS: Final = CredentialsType()
COLOR: Final = ColorType()
SECONDS: Final = SecondsType()
COUNT: Final = CountType()
FLAG: Final = FlagType()
VALUES: Final = ValuesType()
