"""The plugin's schema: it is what the kinds say, and stands in a file; RENEW=1 writes that anew."""

import json
import os
from typing import Any

import pulumi_previsionio
import pytest
from pulumi_previsionio import native
from pulumi_previsionio._core.kind import Kind
from pulumi_previsionio._core.kinds import KINDS
from pulumi_previsionio._core.lookups import ANSWERS
from pulumi_previsionio._core.names import camel, token
from pulumi_previsionio._native.servicer import SCHEMA

from tools.schema.make import schema_text

TEXT = SCHEMA.read_text(encoding="utf-8")
WHOLE: dict[str, Any] = json.loads(TEXT)


def test_the_file_is_what_the_kinds_say() -> None:
    made = schema_text()
    if os.environ.get("RENEW"):
        SCHEMA.write_text(made, encoding="utf-8")

    assert SCHEMA.read_text(encoding="utf-8") == made, "run `RENEW=1 pytest` of this test, and look at the difference"


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_resource_is_its_kind(kind: Kind) -> None:
    resource = WHOLE["resources"][token(kind.name)]

    told = {camel(output.name) for output in kind.outputs}
    assert resource["properties"].keys() == {camel(field.name) for field in kind.fields} | told
    assert told.isdisjoint(resource["required"])
    assert {name for name, each in resource["properties"].items() if each.get("secret")} == set(
        map(camel, kind.secrets)
    )
    assert resource["inputProperties"].keys() == resource["properties"].keys() - {"platformUrl", *told}
    assert set(resource["requiredInputs"]) == {
        camel(field.name) for field in kind.fields if field.required and not field.is_filled_in
    }
    assert resource["aliases"] == [{"type": f"pulumi-python:dynamic/previsionio:{kind.name}"}]
    defaults = {name: each["default"] for name, each in resource["inputProperties"].items() if "default" in each}
    assert defaults == {camel(field.name): field.default for field in kind.fields if field.default is not None}


def test_everything_is_described() -> None:
    for resource in WHOLE["resources"].values():
        assert resource["description"]
        assert [name for name, each in resource["properties"].items() if not each["description"]] == []


def test_every_lookup_is_a_function() -> None:
    assert WHOLE["functions"].keys() == {token(camel(name)) for name in ANSWERS}
    assert set(ANSWERS) == {
        name for name in pulumi_previsionio.__all__ if name.startswith(("get_", "list_")) and "output" not in name
    }


def test_the_services_of_google_are_an_enumeration() -> None:
    values = [each["value"] for each in WHOLE["types"]["previsionio:index:GCloud"]["enum"]]

    assert values == ["BigQuery", "Storage"] == [each.value for each in native.GCloud]
