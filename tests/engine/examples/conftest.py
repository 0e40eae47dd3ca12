"""Fixtures for the tests of the examples."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from previsionio_local import LocalPlatform

from tests.engine.examples.copies import Copy
from tests.engine.programs import Server
from tests.servers.google_cloud import GoogleCloud
from tests.servers.seaweedfs import S3

collect_ignore = [] if os.environ.get("LANGUAGES") else ["test_other_languages.py"]
"""Go compiles all of Pulumi for these, which takes minutes the first time: `make languages` runs them, and leaves a
seal that `test_every_example` looks at."""


@pytest.fixture
def copy(engine: Path, tmp_path: Path, platform: LocalPlatform) -> Callable[..., Copy]:
    """Makes a copy of the example of that name, aimed at `platform` and, if one is given, at an SQL server."""

    def make(example: str, server: Server | None = None, *, part: str = "") -> Copy:
        made = Copy(tmp_path / example, engine, example=example, part=part)
        made.aim(platform)
        if server:
            made.environment |= {
                "CRM_HOST": server.host,
                "CRM_PORT": str(server.port),
                "CRM_USERNAME": server.username,
            }
        return made

    return make


@pytest.fixture
def clouds(s3: S3, google: GoogleCloud) -> Iterator[LocalPlatform]:
    """A platform whose S3 and Google connectors lead to the test servers."""
    endpoints = {"s3_endpoint": s3.endpoint, "gcs_endpoint": google.endpoint, "bigquery_endpoint": google.endpoint}
    with LocalPlatform(**endpoints) as platform:  # type: ignore[arg-type]
        yield platform
