"""Who may call: by which name, from which page, with which proof."""

from __future__ import annotations

import functools
import hmac
import ipaddress
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

Headers = Iterable[tuple[bytes, bytes]]


def values_of(headers: Headers, name: bytes) -> list[str]:
    """Return all values of a header, whose name is in lower case."""
    return [value.decode("latin-1") for key, value in headers if key == name]


def holds_token(headers: Headers, token: str) -> bool:
    """Whether a call brings the token: one `Authorization` header that is equal to it. No token opens nothing."""
    sent = values_of(headers, b"authorization")
    return len(sent) == 1 and token != "" and hmac.compare_digest(sent[0].encode(), token.encode())


def misdirection(headers: Headers, allowed_hosts: Collection[str]) -> str | None:
    """Return why a call is refused whatever it brings; None if it is not.

    A page of any web site can have the user's browser call this machine. Its call either names the site: in `Origin`,
    or in `Host` where the site has pointed its own name at this machine. Addresses in numbers belong to no site.
    """
    hosts = values_of(headers, b"host")
    host = _host_name(hosts[0]) if len(hosts) == 1 else ""
    if not (_is_local(host) or host in allowed_hosts):
        return "the Host header names another host than this one; if it is right, start with --allowed-host"
    for origin in values_of(headers, b"origin"):
        if urlsplit(origin).netloc.lower() != hosts[0].lower() or not origin.startswith(("http://", "https://")):
            return "pages of other web sites may not call this platform"
    return None


@functools.lru_cache  # callers keep to the name that they know
def _host_name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


@functools.lru_cache
def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return False
