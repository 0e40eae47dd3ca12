"""Settings: the platform's address, the token, the default project, and where each may be given.

First hit wins: the arguments of an explicit provider; the environment (the vendor's names); the stack's configuration.
The environment never redirects an explicit provider.
"""

from __future__ import annotations

import dataclasses
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

from ._errors import SettingsError

NAMESPACE = "previsionio"
EXPLICIT = f"{NAMESPACE}:explicit"
"""Set among an explicit provider's arguments, which look like stack configuration otherwise; its value names the
settings that may come from the environment all the same, because `env_var_mappings` names their variables."""

DEFAULT_PARALLELISM = 16


@dataclasses.dataclass(frozen=True)
class Setting:
    """One setting: its argument, its environment variable and its key in the stack's configuration."""

    argument: str
    variable: str
    key: str
    title: str
    secret: bool = False

    def missing(self) -> str:
        flag = "--secret " if self.secret else ""
        return (
            f"no {self.title}: give {self.argument}= to an explicit previsionio.Provider, "
            f"or set {self.variable} in the environment, or run `pulumi config set {flag}{NAMESPACE}:{self.key} …`"
        )


URL = Setting("url", "PREVISION_URL", "url", "address of the platform")
TOKEN = Setting("token", "PREVISION_MASTER_TOKEN", "token", "token for the platform", secret=True)
PROJECT = Setting("project_id", "PREVISION_PROJECT_ID", "projectId", "project")
ALL = (URL, TOKEN, PROJECT)


@dataclasses.dataclass(frozen=True)
class Settings:
    """What was found. Missing values are None; `problems` says what is missing or unusable, one line each."""

    url: str | None
    token: str | None = dataclasses.field(repr=False)
    project_id: str | None
    parallelism: int = DEFAULT_PARALLELISM
    problems: tuple[str, ...] = ()

    def require(self) -> tuple[str, str]:
        """Address and token, or a `SettingsError` naming all that is missing."""
        if self.problems or self.url is None or self.token is None:
            raise SettingsError("; ".join(self.problems))
        return self.url, self.token


def resolve(config: Callable[[str], Any], environment: Mapping[str, str]) -> Settings:
    """Find the settings. `config` looks up full keys such as `previsionio:url`."""
    explicit = config(EXPLICIT)
    mapped = (explicit or "").split(",")
    found: dict[str, str | None] = {}
    for setting in ALL:
        own = config(f"{NAMESPACE}:{setting.key}")
        outside = environment.get(setting.variable)
        if explicit is not None and setting.key not in mapped:
            outside = None
        value = (outside or own) if explicit is None else (own or outside)
        found[setting.key] = str(value).strip() or None if value else None

    problems = [setting.missing() for setting in (URL, TOKEN) if not found[setting.key]]
    url, token = found[URL.key], found[TOKEN.key]
    if url is not None:
        try:
            url = normalized_address(url)
        except ValueError as error:
            problems.append(f"the address of the platform {error}")
    if token is not None and not (token.isascii() and token.isprintable()):
        problems.append("the token for the platform holds characters that no HTTP header can carry")
    try:
        parallelism = _parallelism(config(f"{NAMESPACE}:parallelism"))
    except ValueError as error:
        parallelism = DEFAULT_PARALLELISM
        problems.append(str(error))
    return Settings(url, token, found[PROJECT.key], parallelism, tuple(problems))


def _parallelism(value: object) -> int:
    if value is None or value == "":
        return DEFAULT_PARALLELISM
    text = str(value)
    number = float(text) if text.replace(".", "", 1).isdigit() else 0.0
    if not number.is_integer() or not 1 <= number <= 64:
        raise ValueError(f"{NAMESPACE}:parallelism must be a whole number from 1 to 64")
    return int(number)


def normalized_address(url: str) -> str:
    """One way to write an address, so that equal platforms compare equal (RFC 3986 §6.2).

    Raises `ValueError` with the reason when it is no address of a platform.
    """
    parts = urllib.parse.urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        raise ValueError("has an impossible port") from None
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        raise ValueError("must start with https:// or http:// and a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user name or password")
    if parts.query or parts.fragment:
        raise ValueError("must not hold a query or fragment")
    scheme, host = parts.scheme.lower(), parts.hostname
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}[scheme]
    path = parts.path.rstrip("/").removesuffix("/ext/v1")
    return f"{scheme}://{host}{f':{port}' if port and port != default else ''}{path}"
