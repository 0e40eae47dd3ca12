"""Fixtures for all tests."""

from tests import signals

pytest_plugins = ["tests.servers.fixtures"]


def pytest_configure() -> None:
    signals.let_children_hear()
