"""Fixtures for the tests on Pulumi's own provider host."""

import pytest

from tests.python_environments import SUPPORTED, PythonMissing, with_pulumi


@pytest.fixture(params=SUPPORTED)
def python(request: pytest.FixtureRequest) -> str:
    """Every Python that the package supports; one that this machine does not have is a skipped test that says so.

    The Python of the tests is never missing, and the workflow runs these tests with each.
    """
    try:
        return with_pulumi(request.param)
    except PythonMissing as missing:
        pytest.skip(str(missing))
