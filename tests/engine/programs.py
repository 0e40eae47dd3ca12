"""Small programs for the engine, put together from resources on the test servers."""

from typing import Any, Protocol


class Server(Protocol):
    """What a connector needs to know of a server."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def username(self) -> str: ...
    @property
    def password(self) -> str: ...


def connector(cls: str, name: str, server: Server, **changes: Any) -> str:
    """A connector to the server, as a line of a program; a changed input is given in `changes`."""
    inputs = {
        "host": server.host,
        "port": server.port,
        "username": server.username,
        "password": server.password,
        **changes,
    }
    return f"{name} = previsionio.{cls}({name!r}, {_arguments(inputs)})"


def datasource(name: str, connector: str, **inputs: Any) -> str:
    """A data source behind the connector in the variable `connector`, as a line of a program."""
    return f"{name} = previsionio.Datasource({name!r}, connector={connector}, {_arguments(inputs)})"


def program(*lines: str) -> str:
    """A program with these lines."""
    return "\n".join([*_HEAD, *lines, ""])


_HEAD = (
    "import signal",
    "import pulumi",
    "import pulumi_previsionio as previsionio",
    # The engine interrupts a program whose resources fail. Python's own handler often takes five seconds over that.
    "signal.signal(signal.SIGINT, signal.SIG_DFL)",
)


def _arguments(inputs: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in inputs.items())
