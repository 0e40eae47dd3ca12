"""Settings: the platform's address, the token, the default project, and where each may be given.

First hit wins: the arguments of an explicit provider; the stack's configuration; the environment (the vendor's names).
The configuration comes first, as in Pulumi's own providers: a variable that is left in a shell must not send the
production stack's objects to the test server. The environment never redirects an explicit provider.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import urllib.parse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from .._errors import SettingsError

NAMESPACE: Final = "previsionio"
EXPLICIT: Final = f"{NAMESPACE}:explicit"
"""Set among an explicit provider's arguments, which look like stack configuration otherwise; its value names the
settings that come from the environment all the same, each with its variable, such as `token=STAGING_TOKEN`. The engine
maps that to the vendor's name only if it is set, so the vendor's own may hold the token of another platform."""

DEFAULT_PARALLELISM: Final = 64
DEFAULT_CALL_TIMEOUT: Final = 60.0
DEFAULT_OPERATION_TIMEOUT: Final = 300.0
_LONGEST_TIMEOUT: Final = 86_400
"""Seconds."""


@dataclasses.dataclass(frozen=True)
class Setting:
    """One setting: its argument, its environment variable and its key in the stack's configuration."""

    argument: str
    variable: str
    key: str
    title: str
    secret: bool = False

    @property
    def full_key(self) -> str:
        """Its key in the stack's configuration with the namespace, such as `previsionio:url`."""
        return f"{NAMESPACE}:{self.key}"

    def missing(self, variable: str | None = None) -> str:
        """That there is none, and where it could be: `variable` is the only place where an explicit provider looks."""
        if variable:
            return (
                f"no {self.title}: the environment variable {variable}, which the explicit provider names, is not set"
            )
        flag = "--secret " if self.secret else ""
        return (
            f"no {self.title}: give {self.argument}= to an explicit previsionio.Provider, "
            f"or run `pulumi config set {flag}{self.full_key} …`, or set {self.variable} in the environment"
        )


URL_SETTING: Final = Setting("url", "PREVISION_URL", "url", "address of the platform")
TOKEN_SETTING: Final = Setting("token", "PREVISION_MASTER_TOKEN", "token", "token for the platform", secret=True)
PROJECT_SETTING: Final = Setting("project_id", "PREVISION_PROJECT_ID", "projectId", "project")
PARALLELISM_SETTING: Final = Setting("parallelism", "PREVISION_PARALLELISM", "parallelism", "most calls in flight")
CALL_TIMEOUT_SETTING: Final = Setting(
    "call_timeout", "PREVISION_CALL_TIMEOUT", "callTimeout", "seconds that a call may take"
)
OPERATION_TIMEOUT_SETTING: Final = Setting(
    "operation_timeout", "PREVISION_OPERATION_TIMEOUT", "operationTimeout", "seconds that an operation may take"
)
CA_BUNDLE_SETTING: Final = Setting("ca_bundle", "PREVISION_CA_BUNDLE", "caBundle", "file of certificate authorities")
ALLOW_INSECURE_SETTING: Final = Setting(
    "allow_insecure", "PREVISION_ALLOW_INSECURE", "allowInsecure", "leave to send the token unencrypted"
)
SETTINGS: Final = (
    URL_SETTING,
    TOKEN_SETTING,
    PROJECT_SETTING,
    PARALLELISM_SETTING,
    CALL_TIMEOUT_SETTING,
    OPERATION_TIMEOUT_SETTING,
    CA_BUNDLE_SETTING,
    ALLOW_INSECURE_SETTING,
)


@dataclasses.dataclass(frozen=True)
class Settings:
    """What was found. Missing values are None; `problems` says what is missing or unusable, one line each."""

    url: str | None
    token: str | None = dataclasses.field(repr=False)
    project_id: str | None
    parallelism: int = DEFAULT_PARALLELISM
    """The most calls in flight at the same time; the platform may be given fewer (see `calls_in_flight`)."""
    call_timeout: float = DEFAULT_CALL_TIMEOUT
    """Seconds from the sending of a call to the last byte of its answer."""
    operation_timeout: float = DEFAULT_OPERATION_TIMEOUT
    """Seconds that one operation on one resource may take, with all its calls and pauses."""
    ca_bundle: str | None = None
    """File with the certificates of the authorities that are trusted instead of the usual ones (PEM)."""
    allow_insecure: bool = False
    """Whether a token may travel in the clear, to an address with `http://` that is not this machine."""
    problems: tuple[str, ...] = ()

    def require(self) -> tuple[str, str]:
        """Address and token.

        Raises:
            SettingsError: one of them is missing or unusable; the message names all that is.
        """
        if self.problems or self.url is None or self.token is None:
            raise SettingsError("; ".join(self.problems))
        return self.url, self.token


def resolve(config: Callable[[str], Any], environment: Mapping[str, str]) -> Settings:
    """Find the settings. `config` looks up full keys such as `previsionio:url`."""
    explicit = config(EXPLICIT)
    mapped = dict(part.partition("=")[::2] for part in (explicit or "").split(","))
    found: dict[Setting, str | None] = {}
    for setting in SETTINGS:
        variable = setting.variable if explicit is None else mapped.get(setting.key, "")
        found[setting] = _text(config(setting.full_key)) or _text(environment.get(variable))

    needed = (URL_SETTING, TOKEN_SETTING)
    problems = [setting.missing(mapped.get(setting.key)) for setting in needed if not found[setting]]
    url, token = found[URL_SETTING], found[TOKEN_SETTING]
    if url is not None:
        try:
            url = normalized_address(url)
        except ValueError as error:
            url = None  # it may hold a password: kept nowhere, shown nowhere
            problems.append(f"the address of the platform {error}")
    if token is not None and not (token.isascii() and token.isprintable()):
        problems.append("the token for the platform holds characters that no HTTP header can carry")
    values: dict[str, Any] = {}
    for setting, parse in _PARSERS.items():
        if (text := found[setting]) is not None:
            try:
                values[setting.argument] = parse(text)
            except ValueError as error:
                problems.append(f"{setting.full_key} {error}")
    if url and not values.get(ALLOW_INSECURE_SETTING.argument) and _is_in_the_clear(url):
        problems.append(
            f"the address of the platform is {url}, over which the token would travel in the clear: use https://, "
            f"or set {ALLOW_INSECURE_SETTING.full_key} to true if nobody can listen"
        )
    return Settings(url, token, found[PROJECT_SETTING], problems=tuple(problems), **values)


def _text(value: object) -> str | None:
    return None if value is None else str(value).strip() or None


def _number(text: str) -> float:
    """A number without sign or exponent; 0 for what is none."""
    return float(text) if text.isascii() and text.replace(".", "", 1).isdecimal() else 0.0


def _parallelism(text: str) -> int:
    number = _number(text)
    if not number.is_integer() or not 1 <= number <= 64:
        raise ValueError("must be a whole number from 1 to 64")
    return int(number)


def _seconds(text: str) -> float:
    number = _number(text)
    if not 1 <= number <= _LONGEST_TIMEOUT:
        raise ValueError(f"must be a number of seconds from 1 to {_LONGEST_TIMEOUT}")
    return number


def _file(text: str) -> str:
    if not Path(text).is_file():
        raise ValueError(f"names no file: {text}")
    return str(Path(text).absolute())


def _flag(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("must be true or false")
    return text.lower() == "true"


_PARSERS: Final[Mapping[Setting, Callable[[str], Any]]] = {
    PARALLELISM_SETTING: _parallelism,
    CALL_TIMEOUT_SETTING: _seconds,
    OPERATION_TIMEOUT_SETTING: _seconds,
    CA_BUNDLE_SETTING: _file,
    ALLOW_INSECURE_SETTING: _flag,
}


def _is_in_the_clear(url: str) -> bool:
    """Whether what is sent to the address can be read on its way: unencrypted, and not to this machine."""
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" or host == "localhost" or host.endswith(".localhost"):  # RFC 6761 §6.3
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


def normalized_address(url: str) -> str:
    """One way to write an address, so that equal platforms compare equal (RFC 3986 §6.2).

    Raises `ValueError` with the reason when it is no address of a platform.
    """
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:  # whose text repeats the address
        raise ValueError("cannot be read") from None
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        raise ValueError("must start with https:// or http:// and a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user name or password")
    if parts.query or parts.fragment:
        raise ValueError("must not hold a query or fragment")
    if port == 0:
        raise ValueError("has an impossible port")
    if not url.isprintable() or " " in url:
        raise ValueError("must not hold spaces or invisible characters")
    scheme = parts.scheme.lower()
    default = {"http": 80, "https": 443}[scheme]
    shown_port = f":{port}" if port and port != default else ""
    return f"{scheme}://{_normalized_host(parts.hostname)}{shown_port}{_normalized_path(parts.path)}"


def _normalized_host(host: str) -> str:
    if ":" in host:
        try:
            return f"[{ipaddress.IPv6Address(host)}]"
        except ValueError:
            raise ValueError("cannot be read") from None
    labels = host.removesuffix(".").split(".")
    if not all(re.fullmatch(r"[a-z0-9_-]{1,63}|(?=.*[^\x00-\x7f])[\w-]{1,63}", label) for label in labels):
        raise ValueError("has an impossible host")
    return host


def _normalized_path(path: str) -> str:
    """The path without its end `/ext/v1`, which every call adds itself."""
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            segments = segments[:-1]
        elif segment not in ("", "."):
            raw = urllib.parse.unquote_to_bytes(segment)
            segments.append(urllib.parse.quote(raw, safe="!$&'()*+,;=:@"))
    if segments[-2:] == ["ext", "v1"]:
        segments = segments[:-2]
    return "".join(f"/{segment}" for segment in segments)
