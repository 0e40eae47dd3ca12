"""Fixtures for the tests of the local platform."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from previsionio_local import LocalPlatform

from tests.platform.client import Client, client_of
from tests.platform.scenarios import Servers


@pytest.fixture(scope="session")
def shared_platform() -> Iterator[LocalPlatform]:
    # Sources that do not answer are part of the tests.
    with LocalPlatform(connect_timeout=2) as platform:
        yield platform


@pytest.fixture
def platform(shared_platform: LocalPlatform) -> LocalPlatform:
    """A platform with nothing in it but the default project."""
    shared_platform.reset()
    return shared_platform


@pytest.fixture
def client(platform: LocalPlatform) -> Iterator[Client]:
    with client_of(platform) as client:
        yield client


@pytest.fixture(scope="session")
def hosted_platform() -> Iterator[LocalPlatform]:
    """A platform without updates, as the hosted one, and with pages of three."""
    with LocalPlatform(update=False, page_size=3) as platform:
        yield platform


@pytest.fixture
def hosted(hosted_platform: LocalPlatform) -> Iterator[Client]:
    hosted_platform.reset()
    with client_of(hosted_platform) as client:
        yield client


@pytest.fixture
def servers(request: pytest.FixtureRequest) -> Servers:
    """The server of a name, started if it is the first to be asked for."""
    return request.getfixturevalue


@pytest.fixture(scope="session")
def platform_over_servers(request: pytest.FixtureRequest) -> Iterator[LocalPlatform]:
    """A platform whose S3 and Google connectors lead to the test servers."""
    s3, google = (request.getfixturevalue(name) for name in ("s3", "google"))
    with LocalPlatform(
        s3_endpoint=s3.endpoint, gcs_endpoint=google.endpoint, bigquery_endpoint=google.endpoint
    ) as platform:
        yield platform


@pytest.fixture
def sources(platform_over_servers: LocalPlatform) -> Iterator[Client]:
    """A client of a platform whose connectors all lead to the test servers."""
    platform_over_servers.reset()
    with client_of(platform_over_servers) as client:
        yield client
