"""Fixtures for the tests of stacks that earlier versions made: those of the tests on the engine and on the host."""

from tests.engine.conftest import engine, new_stack
from tests.host.conftest import python

__all__ = ["engine", "new_stack", "python"]
