"""Fixtures for the tests of stacks that earlier versions made: those of the tests on the real engine."""

from tests.engine.conftest import engine, new_stack

__all__ = ["engine", "new_stack"]
