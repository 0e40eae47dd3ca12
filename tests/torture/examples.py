"""One example of every resource that the package exports: how it is made, changed and moved, and what hangs on it.

The one table that a new resource needs an entry in; everything else is made from it.

Run as a program, this module prints what the resources' constructors hand to the engine.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SECRET = "planted-torture-secret"
"""At the beginning of every secret in the examples."""
PROJECT, OTHER_PROJECT = "5ea1f00d0000000000000001", "5ea1f00d0000000000000002"
CONNECTOR, OTHER_CONNECTOR = "5ea1f00d00000000000000c1", "5ea1f00d00000000000000c2"
DATASOURCE, OTHER_DATASOURCE = "5ea1f00d00000000000000d1", "5ea1f00d00000000000000d2"


@dataclasses.dataclass(frozen=True)
class Example:
    """A resource, by its constructor's arguments.

    `changed` are arguments that can change in place where the platform offers it; `moved` are arguments that cannot;
    `user` is the collection and the link of objects that keep it from being deleted.
    """

    inputs: Mapping[str, Any]
    changed: Mapping[str, Any]
    moved: Mapping[str, Any]
    user: tuple[str, str] | None = None


_SERVER = {"host": "db.example", "port": 3306, "username": "reader", "password": f"{SECRET}-1"}
_SERVER_CHANGED = {"host": "new.example", "port": 3307, "username": "other", "password": f"{SECRET}-2"}
_MOVED = {"project_id": OTHER_PROJECT}
_USER = ("data-sources", "connector_id")


def _key(number: int) -> dict[str, str]:
    known = {"type": "service_account", "project_id": "acme", "client_email": f"reader{number}@acme.example"}
    return {**known, "private_key": f"{SECRET}-{number}"}


EXAMPLES: dict[str, Example] = {
    "SQLConnector": Example(_SERVER, _SERVER_CHANGED, _MOVED, _USER),
    "FTPConnector": Example(_SERVER, _SERVER_CHANGED, _MOVED, _USER),
    "SFTPConnector": Example(_SERVER, _SERVER_CHANGED, _MOVED, _USER),
    "S3Connector": Example(
        {"access_key_id": "AKIA1", "secret_access_key": f"{SECRET}-1"},
        {"access_key_id": "AKIA2", "secret_access_key": f"{SECRET}-2"},
        _MOVED,
        _USER,
    ),
    "GCPConnector": Example({"google_credentials": _key(1)}, {"google_credentials": _key(2)}, _MOVED, _USER),
    "Datasource": Example(
        {"connector": CONNECTOR, "database": "crm", "table": "customers"},
        {"table": "orders"},
        {"connector": OTHER_CONNECTOR},
    ),
    "Project": Example(
        {"description": "made", "color": "#0000aa"}, {"description": "changed"}, {}, ("connectors", "project_id")
    ),
    "Dataset": Example({"datasource": DATASOURCE, "timeout": 60}, {"timeout": 90}, {"triggers": ["again"]}),
}

VERSIONS = ("inputs", "changed", "moved")


def exported() -> set[str]:
    """The names of all resources that the package exports and that a provider manages."""
    import pulumi_previsionio as previsionio
    from pulumi.dynamic import Resource

    classes = ((name, getattr(previsionio, name)) for name in previsionio.__all__)
    resources = ((name, cls) for name, cls in classes if inspect.isclass(cls) and issubclass(cls, Resource))
    return {name for name, cls in resources if hasattr(cls, "_provider_class")}  # a base class has none


def arguments(name: str, version: str) -> dict[str, Any]:
    """The constructor's arguments: `inputs` as they are, or with the values of `changed` or `moved` instead."""
    example = EXAMPLES[name]
    return {**example.inputs, **(getattr(example, version) if version != "inputs" else {})}


@functools.cache
def properties() -> dict[str, dict[str, dict[str, Any]]]:
    """Resource → version → what its constructor hands to the engine, `__provider` and secrets in the clear."""
    printed = subprocess.run(
        [sys.executable, "-m", __name__], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    result: dict[str, dict[str, dict[str, Any]]] = json.loads(printed)
    return result


def _print_properties() -> None:
    import pulumi
    import pulumi_previsionio as previsionio
    from pulumi.runtime import MockCallArgs, MockResourceArgs

    made: dict[str, dict[str, Any]] = {}

    class Mocks(pulumi.runtime.Mocks):
        def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
            made[args.name] = dict(args.inputs)
            return f"id-of-{args.name}", dict(args.inputs)

        def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
            raise NotImplementedError

    def program() -> None:
        for name in EXAMPLES:
            for version in VERSIONS:
                getattr(previsionio, name)(f"{name}.{version}", **arguments(name, version))

    pulumi.runtime.set_mocks(Mocks(), project="project", stack="stack", preview=False)
    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]
    print(
        json.dumps(
            {name: {version: _plain(made[f"{name}.{version}"], name) for version in VERSIONS} for name in EXAMPLES}
        )
    )


def _plain(properties: Mapping[str, Any], name: str) -> dict[str, Any]:
    from pulumi.runtime import rpc

    def plain(value: Any) -> Any:
        if isinstance(value, dict) and value.get(rpc._special_sig_key) == rpc._special_secret_sig:
            return value["value"]
        return value

    values = {key: plain(value) for key, value in properties.items()}
    return {key: name if key == "default_name" else value for key, value in values.items()}


if __name__ == "__main__":
    _print_properties()
    sys.stdout.flush()
    os._exit(0)  # Pulumi's event loop complains when it is collected at the end
