"""Projects on a platform as nobody would wish for them, for hypothesis: in the platform's own JSON."""

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from tests.unit.examples import KEY

AWKWARD = (
    *("crm", "crm-2", "crm-2-2", "crm 2", "CRM", "Crm-Connector", "crm-datasource", "crm-dataset", "null", "no"),
    *("class", "import", "match", "print", "None", "self", "l", "__init__"),
    *("pulumi", "previsionio", "config", "project", "datasource", "sql_connector"),
    *("2024", "2024 Umsätze", "Ünïcödé", "e\u0301te\u0301", "顧客", "हिन्दी", "\uff23\uff32\uff2d", "ﬁle", "😀", "²"),
    *("'", '"', "'''", '"""', "'\"", 'a"', "\\", "\\n", "{x}", "${x}", "%s", "# no comment", "a::b", "a$b"),
    *("\u202etxt.exe", "\u200b", "\ufeff", "\x1b[31mred", "a\nb", "a\r\nb"),
    *("-", "_", ".", " lead", "trail ", "-lead", "x" * 300, "Σ" * 80),
)
"""Names and other texts that break something somewhere."""

texts = (st.sampled_from(AWKWARD) | st.text(min_size=1, max_size=30)).filter(
    lambda text: bool(text.strip()) and "\0" not in text
)
queries = texts | st.lists(texts | st.just(""), min_size=2, max_size=6).map("\n".join).filter(str.strip)
hosts = st.sampled_from(
    ("db.example", "https://myserver.example", "10.0.0.7", "::1", "[::1]", "xn--bcher-kva.example", "bücher.example")
)
ports = st.sampled_from((21, 22, 3306, 5432, 1, 65535))

CONNECTORS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "SQL": st.fixed_dictionaries({"host": hosts, "port": ports, "username": texts}),
    "FTP": st.fixed_dictionaries({"host": hosts, "port": ports, "username": texts}),
    "SFTP": st.fixed_dictionaries({"host": hosts, "port": ports, "username": texts}),
    "S3": st.fixed_dictionaries({"username": texts}),
    "GCP": st.fixed_dictionaries({}),
}
SHAPES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "SQL": st.fixed_dictionaries({"database": texts, "table": texts})
    | st.fixed_dictionaries({"database": texts, "request": queries}),
    "FTP": st.fixed_dictionaries({"path": texts}),
    "SFTP": st.fixed_dictionaries({"path": texts}),
    "S3": st.fixed_dictionaries({"bucket": texts, "path": texts}),
    "GCP": st.fixed_dictionaries({"g_cloud": st.just("BigQuery"), "database": texts, "table": texts})
    | st.fixed_dictionaries({"g_cloud": st.just("Storage"), "bucket": texts, "path": texts}),
}
SECRETS: dict[str, dict[str, Any]] = {
    **{kind: {"password": "correct horse battery"} for kind in ("SQL", "FTP", "SFTP", "S3")},
    "GCP": {"googleCredentials": KEY},
}
"""What each kind of connector is made with and never shows."""


@dataclasses.dataclass(frozen=True)
class HostileProject:
    """One project: its own item, and the items of its lists."""

    project: dict[str, Any]
    connectors: list[dict[str, Any]]
    datasources: list[dict[str, Any]]
    datasets: list[dict[str, Any]]

    @property
    def id(self) -> str:
        return str(self.project["_id"])


@st.composite
def projects(
    draw: st.DrawFn, *, connectors: int = 5, datasources: int = 8, datasets: int = 3, least: int = 0
) -> HostileProject:
    """Up to so many of each kind, at least `least` of connectors and data sources; all of it can be a program."""
    ids = _ids()
    project = {"_id": next(ids), "name": draw(texts)}
    project |= draw(st.fixed_dictionaries({}, optional={"description": queries, "color": st.just("#A748F5")}))
    inside = {"project_id": project["_id"]}
    made = [
        {"_id": next(ids), "type": kind, "name": draw(texts), **inside, **draw(CONNECTORS[kind])}
        for kind in draw(st.lists(st.sampled_from(sorted(CONNECTORS)), min_size=least, max_size=connectors))
    ]
    sources = []
    for connector in draw(st.lists(st.sampled_from(made), min_size=least, max_size=datasources)) if made else ():
        place = draw(SHAPES[connector["type"]])
        sources.append({"_id": next(ids), "name": draw(texts), "connector_id": connector["_id"], **inside, **place})
    snapshots = [
        {"_id": next(ids), "name": draw(texts), "datasource_id": source["_id"], **inside}
        for source in (draw(st.lists(st.sampled_from(sources), max_size=datasets)) if sources else ())
    ]
    return HostileProject(project, made, sources, snapshots)


def _ids() -> Iterator[str]:
    return (f"5ea1f00d{number:016x}" for number in itertools.count(1))
