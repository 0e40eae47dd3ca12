"""Which SQL server is it? A connector does not say, so the server is asked."""

from __future__ import annotations

import socket
from typing import Literal

from .base import SourceError, unreachable

Dialect = Literal["mysql", "postgresql"]

# PostgreSQL's "SSLRequest" message: eight bytes that a client may send before anything else, answered by one letter.
_SSL_REQUEST = bytes.fromhex("0000000804d2162f")

_known: dict[tuple[str, int], Dialect] = {}


def dialect_of(host: str, port: int, timeout: float) -> Dialect:
    """Return the kind of server that listens at `host` and `port`; asked once, then remembered.

    Raises:
        SourceError: nothing answers within `timeout` seconds, or it is neither MySQL (MariaDB) nor PostgreSQL.
    """
    address = (host, port)
    if address not in _known:
        _known[address] = _ask(host, port, timeout)
    return _known[address]


def forget(host: str, port: int) -> None:
    """Ask again next time: the server may have been exchanged."""
    _known.pop((host, port), None)


def _ask(host: str, port: int, timeout: float) -> Dialect:
    address = f"{host}:{port}"
    try:
        with socket.create_connection((host, port), timeout) as connection:
            connection.sendall(_SSL_REQUEST)
            answer = connection.recv(16)
    except (OSError, UnicodeError) as error:
        raise unreachable(address, error) from None
    if answer in (b"S", b"N"):
        return "postgresql"
    # MySQL greets first: a packet whose length takes three bytes, then its number in the exchange, which is 0.
    if len(answer) > 4 and answer[3] == 0:
        return "mysql"
    if not answer:
        raise SourceError(f"cannot reach {address}: the connection was closed")
    raise SourceError(f"the server at {address} is neither MySQL (MariaDB) nor PostgreSQL")
