"""For all tests: the fixtures of the servers, and children that hear signals."""

from tests import signals

pytest_plugins = ["tests.servers.fixtures"]


def pytest_configure() -> None:
    signals.let_children_hear()
