"""The schema: resources from the kinds, functions from the lookups; nothing in it is written by hand for any kind.

Every language's SDK, the YAML type checker and `pulumi import` read it (https://www.pulumi.com/docs/iac/guides/building-extending/packages/schema/).
"""

import dataclasses
import inspect
import json
import types
import typing
from typing import Any

import pulumi_previsionio
from pulumi_previsionio import native
from pulumi_previsionio._core.field_types import (
    CountType,
    CredentialsType,
    FieldType,
    FlagType,
    LocationType,
    PortType,
    SecondsType,
    SecretType,
    ValuesType,
)
from pulumi_previsionio._core.kind import Field, Kind, OutputField
from pulumi_previsionio._core.kinds import KINDS
from pulumi_previsionio._core.lookups import ANSWERS
from pulumi_previsionio._core.names import PACKAGE, camel, dynamic_token, semantic_version, token
from pulumi_previsionio._native.wording import in_camel_case
from pulumi_previsionio._platform.settings import SETTINGS
from pulumi_previsionio._version import __version__

from . import docstrings

Schema = dict[str, Any]

_ANY: Schema = {"$ref": "pulumi.json#/Any"}
_REFERENCE = token("SecretReference")
_CLOUD = token("GCloud")


def _ref(type_token: str) -> Schema:
    return {"$ref": f"#/types/{type_token}"}


_TYPES: dict[type[FieldType], Schema] = {
    FlagType: {"type": "boolean"},
    PortType: {"type": "integer"},
    CountType: {"type": "integer"},
    SecondsType: {"type": "number"},
    ValuesType: {"type": "array", "items": _ANY},
    LocationType: {"type": "object", "additionalProperties": _ANY},
    SecretType: {"oneOf": [{"type": "string"}, _ref(_REFERENCE)]},
    CredentialsType: _ANY,
}


def schema_text() -> str:
    """The schema as the plugin hands it out."""
    return json.dumps(_in_its_words(schema()), indent=2, ensure_ascii=False) + "\n"


_REWRITTEN = {
    "`fromEnv(…)`": "`{fromEnv: …}`",
    "`fromFile(…)`": "`{fromFile: …}`",
    "Default: True": "Default: true",
    "Default: False": "Default: false",
    "a dict": "an object",
    "are None": "are not there",
    "`projectId=project.id`": "`projectId: project.id`",
    "A connector resource, what `getConnector` found, or the id of one": "The id of a connector",
    "A data source resource, what `getDatasource` found, or the id of one": "The id of a data source",
    " (`datasource` as `datasourceId`)": "",
    " (`connector` as `connectorId`)": "",
}


def _in_its_words(part: Any) -> Any:
    """Descriptions are docstrings of Python classes: they name inputs as programs in other languages do."""
    if isinstance(part, list):
        return [_in_its_words(each) for each in part]
    if isinstance(part, dict):
        return {
            key: _described(value) if key == "description" and isinstance(value, str) else _in_its_words(value)
            for key, value in part.items()
        }
    return part


def _described(text: str) -> str:
    text = in_camel_case(text)
    for python, other in _REWRITTEN.items():
        text = text.replace(python, other)
    return text


def schema() -> Schema:
    """The schema."""
    settings = _settings()
    return {
        "name": PACKAGE,
        "displayName": "Prevision.io",
        "version": semantic_version(__version__),
        "description": "Prevision.io connectors and data sources as Pulumi resources.",
        "license": "Apache-2.0",
        "meta": {"moduleFormat": "(.*)"},
        "config": {"variables": settings},
        "types": {**_own_types(), **_result_types()},
        "provider": {
            "description": docstrings.summary(pulumi_previsionio.Provider),
            "inputProperties": settings,
            "properties": {},
        },
        "resources": {token(kind.name): _resource(kind) for kind in KINDS},
        "functions": {token(camel(name)): _function(getattr(pulumi_previsionio, name)) for name in ANSWERS},
        "language": {
            "python": {"packageName": native.__name__, "respectSchemaVersion": True},
            "nodejs": {"packageName": "@pulumi/previsionio", "respectSchemaVersion": True},
            "go": {
                "importBasePath": "pulumi-previsionio/sdk/go/previsionio",
                "respectSchemaVersion": True,
                "generateResourceContainerTypes": True,
            },
            "csharp": {"respectSchemaVersion": True},
        },
    }


def _settings() -> Schema:
    made = pulumi_previsionio.Provider.__init__
    said, given = docstrings.arguments(made), inspect.signature(made).parameters
    return {
        setting.key: {
            "type": _SIMPLE[typing.get_args(given[setting.argument].annotation)[0]],
            "description": said[setting.argument],
            **({"secret": True} if setting.secret else {}),
        }
        for setting in SETTINGS
    }


def _own_types() -> Schema:
    clouds = sorted({shape.g_cloud for kind in KINDS for shape in kind.shapes if shape.g_cloud})
    return {
        _REFERENCE: {
            "type": "object",
            "description": "Where a secret is read whenever it is sent: it stays out of the stack's state, which holds "
            "this and a salted digest. Give one of the two places.",
            "properties": {
                "fromEnv": {"type": "string", "description": "Name of an environment variable."},
                "fromFile": {"type": "string", "description": "Path of a file of UTF-8 text."},
                "digest": {"type": "string", "description": "Made by the provider."},
            },
        },
        _CLOUD: {
            "type": "string",
            "description": "A service of Google Cloud.",
            "enum": [{"value": cloud} for cloud in clouds],
        },
    }


# Resources


def _resource(kind: Kind) -> Schema:
    cls = getattr(pulumi_previsionio, kind.name)
    said = {**docstrings.keys(pulumi_previsionio.ConnectorArgs), **docstrings.arguments(cls.__dict__["__init__"])}
    properties = {camel(field.name): _property(field, said) for field in kind.fields}
    given = [field for field in kind.fields if field.name in _inputs(kind, cls)]
    always = [field for field in kind.fields if not field.is_secret and (field.required or field.default is not None)]
    return {
        "description": docstrings.summary(cls),
        "properties": {**properties, **{camel(output.name): _output(output) for output in kind.outputs}},
        "required": sorted(camel(field.name) for field in always),
        "inputProperties": {camel(field.name): {**properties[camel(field.name)], **_default(field)} for field in given},
        "requiredInputs": sorted(camel(field.name) for field in given if field.required and not field.is_filled_in),
        "aliases": [{"type": dynamic_token(kind)}],
    }


def _inputs(kind: Kind, cls: type) -> set[str]:
    """The inputs that a program may give: the rest comes from the settings."""
    parameters = {
        *inspect.signature(cls.__dict__["__init__"]).parameters,
        *pulumi_previsionio.ConnectorArgs.__annotations__,
    }
    return {field.name for field in kind.fields if field.argument in parameters or not field.is_filled_in}


def _property(field: Field, said: dict[str, str]) -> Schema:
    description = said.get(field.argument) or f"{field.type.description[:1].upper()}{field.type.description[1:]}."
    type_: Schema = _TYPES.get(type(field.type), {"type": "string"})
    if field.name == "g_cloud":
        type_ = _ref(_CLOUD)
    return {
        **type_,
        "description": description,
        **({"secret": True} if field.is_secret else {}),
    }


def _output(output: OutputField) -> Schema:
    description = f"{output.description[:1].upper()}{output.description[1:]}."
    return {**_TYPES.get(type(output.type), {"type": "string"}), "description": description}


def _default(field: Field) -> Schema:
    return {} if field.default is None else {"default": field.default}


# Functions


def _function(function: Any) -> Schema:
    hints = typing.get_type_hints(function)
    said = docstrings.keys(function)
    parameters = [each for each in inspect.signature(function).parameters.values() if each.name != "provider"]
    return {
        "description": docstrings.summary(function).split("\n\n")[0],
        "inputs": {
            "type": "object",
            "properties": {
                camel(each.name): {
                    "type": "string",
                    **({"description": said[each.name]} if each.name in said else {}),
                }
                for each in parameters
            },
            "required": sorted(camel(each.name) for each in parameters if each.default is each.empty),
        },
        "outputs": _answer(hints["return"]),
    }


def _answer(returned: Any) -> Schema:
    if typing.get_origin(returned) is list:
        (item,) = typing.get_args(returned)
        items = {"type": "string"} if item is str else _ref(token(item.__name__))
        return {
            "type": "object",
            "properties": {"items": {"type": "array", "items": items}},
            "required": ["items"],
        }
    return _object(returned)


def _result_types() -> Schema:
    results = (pulumi_previsionio.ConnectorResult, pulumi_previsionio.DatasourceResult)
    return {token(result.__name__): _object(result) for result in results}


def _object(result: type) -> Schema:
    fields = dataclasses.fields(result)
    hints = typing.get_type_hints(result)
    return {
        "type": "object",
        "description": docstrings.summary(result).split("\n\n")[0],
        "properties": {camel(field.name): {"type": _simple(hints[field.name])} for field in fields},
        "required": sorted(camel(field.name) for field in fields if field.default is dataclasses.MISSING),
    }


def _simple(hint: Any) -> str:
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    return _SIMPLE[options[0]]


_SIMPLE = {str: "string", int: "integer", float: "number", bool: "boolean"}
