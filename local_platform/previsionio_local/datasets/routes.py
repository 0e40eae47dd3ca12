"""The calls about datasets."""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO, Literal
from urllib.parse import quote

import anyio.to_thread
from pydantic import AfterValidator, Field
from starlette.responses import Response, StreamingResponse

from ..connectors.models import Connector
from ..crud import Collection, find, find_named
from ..datasources.models import Datasource
from ..errors import PlatformError
from ..ids import new_id
from ..projects.models import Project
from ..schemas import Page, Refusal, whole_text
from ..settings import API, SourceSettings
from ..sources import Connection, Location, open_source
from ..sources.cancellation import Cancellation
from ..state import PageNumber, Shared, State
from ..web import FORM, File, Router
from .copier import Job, Rows
from .models import Dataset, new_dataset
from .schemas import Column, DatasetBody, DatasetView, Extension, Origin, Sample
from .snapshots import first_rows, read_csv, read_parquet, read_zip

SAMPLE_ROWS = 10

router = Router(API, "datasets")

_datasets = Collection(Dataset, DatasetView)

_MEDIA_TYPES = {"zip": "application/zip", "csv": "text/csv", "parquet": "application/vnd.apache.parquet"}


@router.call("GET", "/projects/{project_id}/datasets", answer=Page[DatasetView])
async def list_datasets(project_id: str, shared: Shared, page: PageNumber = 1) -> Response:
    """List the datasets of a project, oldest first."""
    return _datasets.page(shared, page, project_id)


@router.call("POST", "/projects/{project_id}/datasets/data-source")
def create_from_datasource(project_id: str, body: DatasetBody, shared: Shared) -> DatasetView:
    """Take a snapshot of a data source as it is now. The rows are copied after the answer."""
    with shared.database.write() as session:
        find(session, Project, project_id)
        datasource = find_named(session, Datasource, project_id, "datasource_id", body.datasource_id)
        connection = find(session, Connector, datasource.connector_id).connection(shared.cipher)
        location = datasource.location()
        dataset = new_dataset(project_id, body.name, datasource.id, body.origin)
        session.add(dataset)
    view = DatasetView.model_validate(dataset)
    sources = shared.settings.sources
    shared.copier.submit(
        Job(
            dataset.id,
            lambda cancellation: _rows_of_source(connection, location, sources, cancellation),
            source=datasource.connector_id,
        )
    )
    return view


@router.call("POST", "/projects/{project_id}/datasets/file")
def create_from_file(
    project_id: str,
    shared: Shared,
    file: File,
    name: Annotated[str, FORM, Field(min_length=1), AfterValidator(whole_text)],
    origin: Annotated[Origin | None, FORM] = None,
    separator: Annotated[
        str | None, FORM, Field(pattern=r'^[^"\r\n\x00]?$', description="Default: the one in the first line")
    ] = None,
    decimal: Annotated[
        Literal[".", ",", ""], FORM, Field(description="Of numbers in CSV; a comma becomes a point in the dataset")
    ] = ".",
) -> DatasetView:
    """Upload a file: CSV, Parquet, or a ZIP file with one of them in it. Its rows are read after the answer."""
    with shared.database.read() as session:
        find(session, Project, project_id)
    incoming = shared.settings.sources.spool / new_id()
    try:
        incoming.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        incoming.touch(mode=0o600)
        with incoming.open("wb") as copy:
            shutil.copyfileobj(file.file, copy)
        with shared.database.write() as session:
            find(session, Project, project_id)
            dataset = new_dataset(project_id, name, None, origin)
            session.add(dataset)
    except BaseException:
        # What does not fit must not fill the disk either.
        incoming.unlink(missing_ok=True)
        raise
    view = DatasetView.model_validate(dataset)
    shared.copier.submit(
        Job(dataset.id, lambda _: _rows_of_file(incoming, separator or None, decimal or "."), upload=incoming)
    )
    return view


@router.call("GET", "/datasets/{dataset_id}")
async def read_dataset(dataset_id: str, shared: Shared) -> DatasetView:
    """Return a dataset and how far its copy is."""
    return _datasets.read(shared, dataset_id)


@router.call("DELETE", "/datasets/{dataset_id}", status=204)
async def delete_dataset(dataset_id: str, shared: Shared) -> None:
    """Delete a dataset with its rows. A copy under way is broken off."""
    await _datasets.delete(shared, dataset_id)
    await anyio.to_thread.run_sync(shared.copier.forget, [dataset_id])


@router.call(
    "GET",
    "/datasets/{dataset_id}/download",
    media=tuple(_MEDIA_TYPES.values()),
    refusals={409: Refusal},
)
def download(
    dataset_id: str,
    shared: Shared,
    extension: Annotated[Extension, Field(description="zip: a ZIP file that holds one CSV file")] = "zip",
) -> StreamingResponse:
    """Return all rows."""
    dataset, file = _open(dataset_id, shared)
    if extension == "parquet":
        chunks = read_parquet(file)
    elif extension == "csv":
        chunks = read_csv(file)
    else:
        chunks = read_zip(file, f"{_file_name(dataset.name)}.csv")
    chunks = _begun(chunks, dataset.name)
    shown = quote(f"{_file_name(dataset.name)}.{extension}")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{shown}"}
    return StreamingResponse(chunks, media_type=_MEDIA_TYPES[extension], headers=headers)


@router.call("GET", "/datasets/{dataset_id}/sample", refusals={409: Refusal})
def sample(dataset_id: str, shared: Shared) -> Sample:
    """Return the first rows, 10 at most."""
    dataset, file = _open(dataset_id, shared)
    with _damage_told(dataset.name):
        names, rows = first_rows(file, SAMPLE_ROWS)
    return Sample(columns=[Column(name=name) for name in names], rows=rows)


def _begun(chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Read the first chunk before the answer begins: rows that cannot be read are no success that then ends."""
    with _damage_told(name):
        first = next(chunks, b"")
    return itertools.chain([first], chunks)


@contextmanager
def _damage_told(name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # also the base of what pyarrow raises
        raise PlatformError(409, f"the rows of dataset '{name}' are damaged: {error}") from None


def _open(dataset_id: str, shared: State) -> tuple[Dataset, BinaryIO]:
    """Return a dataset and its rows. Deleting it from now on does not cut a download short."""
    with shared.database.read() as session:
        dataset = find(session, Dataset, dataset_id)
    if dataset.state == "failed":
        raise PlatformError(409, f"dataset '{dataset.name}' has no rows: {dataset.error}")
    if dataset.state != "done":
        raise PlatformError(409, f"dataset '{dataset.name}' is still being copied")
    try:
        return dataset, shared.copier.path(dataset_id).open("rb")
    except FileNotFoundError:
        raise PlatformError(404, "no such dataset") from None


def _rows_of_source(
    connection: Connection, location: Location, settings: SourceSettings, cancellation: Cancellation
) -> Rows:
    with open_source(connection, settings) as source, cancellation.stops_with(source.cancel):
        yield from source.batches(location)


def _rows_of_file(path: Path, separator: str | None, decimal: str) -> Rows:
    from ..sources.csv_rows import CSVFormat
    from ..sources.tabular import read_table

    with path.open("rb") as file:
        yield from read_table(file, path.parent, CSVFormat(separator, decimal))


def _file_name(name: str) -> str:
    return re.sub(r"[^\w .-]", "_", name) or "dataset"
