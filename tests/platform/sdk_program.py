"""A program for the vendor's SDK, run in a process of its own: importing the SDK may connect, and it never lets go.

Reads its settings as JSON from standard input, does with projects, connectors, data sources and datasets all that the
SDK can, and prints what it saw as JSON.
"""

# The SDK has no types.
# mypy: disable-error-code="import-untyped,no-untyped-call"

from __future__ import annotations

import json
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import previsionio as pio


def main() -> None:
    settings = json.load(sys.stdin)
    # Faster than the SDK's ten seconds between two tries, should one be needed.
    pio.config.request_retry_time = 1
    pio.client.init_client(settings["url"], settings["token"])
    project = pio.Project.new("sdk", description="made by the SDK")
    seen: dict[str, Any] = {
        "projects": [each.name for each in pio.Project.list(all=True)],
        "read again": pio.Project.from_id(project.id).description,
        "users": len(project.users()),
        "connectors": {},
        "datasets": {},
    }
    for name, source in settings["sources"].items():
        connect(project, name, source, seen)
    seen["connector list"] = sorted(type(each).__name__ for each in project.list_connectors())
    seen["data source list"] = sorted(each.name for each in project.list_datasource(all=True))
    seen["data source read again"] = pio.DataSource.from_id(project.list_datasource()[0].id).name
    upload(project, seen)
    seen["dataset list"] = len(project.list_datasets())
    clean_up(project, seen)
    print(json.dumps(seen))


def connect(project: Any, name: str, source: dict[str, Any], seen: dict[str, Any]) -> None:
    create = getattr(project, f"create_{source['type'].lower()}_connector")
    connector = create(name, **source["connector"])
    seen["connectors"][name] = {"works": connector.test()}
    if source["type"] == "SQL":
        databases = connector.list_databases()
        seen["connectors"][name] |= {"databases": databases, "tables": connector.list_tables("crm")}
    if source["type"] in ("FTP", "SFTP"):
        seen["connectors"][name]["files"] = connector.list_files()
    wrong = create(f"{name} wrong", **source["wrong"])
    seen["connectors"][name]["wrong works"] = wrong.test()
    wrong.delete()
    datasource = project.create_datasource(connector, name, **source["location"])
    dataset = project.create_dataset(name, datasource=datasource)
    seen["datasets"][name] = dataset.to_pandas().fillna("").astype(str).to_dict("split")["data"]


def upload(project: Any, seen: dict[str, Any]) -> None:
    frame = pd.DataFrame({"id": [1, 2], "name": ["Zoë", "O'Brien, Pat"]})
    with tempfile.TemporaryDirectory() as folder:
        csv, packed, parquet = (Path(folder) / name for name in ("data.csv", "data.zip", "data.parquet"))
        frame.to_csv(csv, index=False)
        frame.to_parquet(parquet)
        with zipfile.ZipFile(packed, "w") as archive:
            archive.write(csv, "deep/down/data.csv")
        made = [project.create_dataset(path.name, file_name=str(path)) for path in (csv, packed, parquet)]
        made.append(project.create_dataset("frame", dataframe=frame))
        seen["uploads"] = [bool(dataset.to_pandas().equals(frame)) for dataset in made]
        made[0].update_status()
        seen["states"] = [made[0].describe_state, made[0].drift_state, made[0].embeddings_state]
        downloads = [
            made[0].download(path=str(Path(folder) / f"down.{extension}"), extension=extension)
            for extension in ("csv", "zip", "parquet")
        ]
        seen["downloads"] = [
            bool(read(path).astype(str).equals(frame.astype(str)))
            for path, read in zip(downloads, (pd.read_csv, pd.read_csv, pd.read_parquet), strict=True)
        ]
        empty = Path(folder) / "empty.csv"
        empty.touch()
        try:
            project.create_dataset("empty", file_name=str(empty))
        except pio.prevision_client.PrevisionException as error:
            seen["failed upload"] = str(error).splitlines()[0]


def clean_up(project: Any, seen: dict[str, Any]) -> None:
    for objects in (project.list_datasets(), project.list_datasource(all=True), project.list_connectors()):
        for each in objects:
            each.delete()
    left = [project.list_datasets(), project.list_datasource(all=True), project.list_connectors()]
    seen["left"] = [len(objects) for objects in left]
    project.delete()
    try:
        pio.Project.from_id(project.id)
    except pio.prevision_client.PrevisionException as error:
        seen["deleted"] = "no such project" in str(error)


if __name__ == "__main__":
    main()
