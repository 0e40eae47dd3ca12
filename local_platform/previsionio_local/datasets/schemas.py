"""Datasets as they travel."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from ..schemas import Body, View

State = Literal["pending", "running", "done", "failed"]
Origin = Literal["pipeline_output", "pipeline_intermediate_file"]
Extension = Literal["zip", "csv", "parquet"]


class DatasetBody(Body):
    """What a dataset is made from."""

    name: str
    datasource_id: str
    origin: Origin | None = None


class DatasetView(View):
    """A dataset. It can be used when `copy_state`, `describe_state` and `drift_state` are `done`."""

    project_id: str
    name: str
    datasource_id: str | None
    origin: str | None
    copy_state: State = Field(validation_alias="state")
    errorMessage: str | None = Field(validation_alias="error")  # noqa: N815
    rows: int | None
    columns: int | None
    size: int | None = Field(description="Bytes of the snapshot")
    embeddings_state: State = "pending"
    # Of what is downloaded: always CSV with commas, whatever the source was.
    file_type: Literal["csv"] = "csv"
    separator: Literal[","] = ","
    # There is nothing to compute once the rows are there.
    describe_state: State = Field(validation_alias="state")
    drift_state: State = Field(validation_alias="state")


class Column(BaseModel):
    """A column of a sample."""

    name: str


class Sample(BaseModel):
    """The first rows of a dataset."""

    columns: list[Column]
    rows: list[list[Any]]
