"""The BigQuery emulator, in a Python environment of its own that all test runs of a user share.

`local-bigquery` answers as BigQuery does in all that the tests ask, but wants Python 3.13.  Without one, `bqemulator`
takes its place: it runs on the Python of the tests and does enough of the same.  Neither checks who asks; that is the
business of `google_gate`.

    python -m tests.servers.bigquery_emulator

prepares the environment, which downloads some 200 MB the first time, and prints where it is.  Standard library only.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from tests.python_environments import (
    EnvironmentFailed,
    PythonMissing,
    build,
    cache_folder,
    interpreter,
    is_built,
    output,
    python_of,
)
from tests.servers.process import HOST, ServerError

LOCAL_BIGQUERY = tuple(
    line
    for line in Path(__file__).with_name("local_bigquery_requirements.txt").read_text().splitlines()
    if not line.startswith("#")
)
BQEMULATOR = (
    "bqemulator==1.4.0",
    "duckdb==1.5.5",
    "duckdb-extension-icu==1.5.5",
    "duckdb-extension-spatial==1.5.5",
    "numpy",  # wanted by DuckDB for functions written in Python
)


@dataclass(frozen=True)
class Emulator:
    """An environment with one of the two emulators."""

    name: str
    folder: Path

    @property
    def home(self) -> Path:
        """Home folder for the server: DuckDB looks for its extensions there."""
        return self.folder / "home"

    def command(self, port: int, grpc_port: int, project: str, data: Path) -> list[str]:
        python = python_of(self.folder)
        ports = [str(port), str(grpc_port)]
        # Not through the scripts in bin/: they name the folder that the environment was built in.
        if self.name == "local-bigquery":
            script = "from local_bigquery.cli import main; main()"
            where = ["--host", HOST, "--port", ports[0], "--grpc-port", ports[1]]
            return [python, "-c", script, *where, "--project", project, "--dataset", "main", "--data-dir", str(data)]
        where = ["--rest-host", HOST, "--rest-port", ports[0], "--grpc-host", HOST, "--grpc-port", ports[1]]
        return [python, "-m", "bqemulator", "start", *where, "--project", project]


def prepare() -> Emulator:
    """The emulator's environment from the cache, or built into it."""
    try:
        python, name, requirements = interpreter("3.13"), "local-bigquery", LOCAL_BIGQUERY
    except PythonMissing:
        python, name, requirements = sys.executable, "bqemulator", BQEMULATOR
    emulator = Emulator(name, cache_folder(name, python, *requirements))
    if not is_built(emulator.folder):
        try:
            build(emulator.folder, python, requirements, "some 200 MB", _add_duckdb_extensions)
        except EnvironmentFailed as error:
            raise ServerError(f"The BigQuery emulator's environment could not be made: {error}") from None
    return emulator


def _add_duckdb_extensions(folder: Path) -> None:
    """Put DuckDB's extensions, which come as Python packages here, where DuckDB would put those it downloads."""
    for extension in folder.glob("lib/python*/site-packages/duckdb_extension_*/extensions/*/*.duckdb_extension"):
        version = extension.parent.name
        system = output(
            python_of(folder),
            "-c",
            "import duckdb; print(*duckdb.connect().execute('PRAGMA platform').fetchone())",
        )
        target = folder / "home" / ".duckdb" / "extensions" / version / system
        target.mkdir(parents=True, exist_ok=True)
        extension.rename(target / extension.name)
    (folder / "home").mkdir(exist_ok=True)


if __name__ == "__main__":
    try:
        prepared = prepare()
    except ServerError as error:
        sys.exit(str(error))
    print(f"{prepared.name}: {prepared.folder}")
