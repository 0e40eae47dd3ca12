"""Stand-ins for the plugins of clouds, so that the real engine runs programs on their SDKs without an account.

A stand-in answers the engine like the cloud's own plugin, resource by resource, and does its work on a server of the
tests: a bucket is made, a key works, a role can log in. What a resource's SDK calls a bucket or a key is a `Kind` here.

As with most plugins, a preview knows of a new resource only what the program says: the rest is unknown.
"""

# ruff: noqa: N802 - the methods are gRPC's

import functools
import json
import os
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

ROOT = Path(__file__).parents[3]

Properties = dict[str, Any]


def _leave(_: str, __: Properties) -> None:
    """There is nothing to delete."""


@dataclass(frozen=True)
class Kind:
    """One type of resource: how it is made and deleted, and the input that gets a unique name if it has none.

    `create` takes the inputs and returns the id and what the cloud adds to them; `delete` takes id and outputs;
    `update` takes id and new inputs: without it, every change is a replacement.
    """

    create: Callable[[Properties], tuple[str, Properties]]
    delete: Callable[[str, Properties], object] = _leave
    named_by: str | None = None
    update: Callable[[str, Properties], object] | None = None


class StandIn(provider_pb2_grpc.ResourceProviderServicer):
    """A plugin of these kinds, by their type tokens."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self._kinds = kinds

    def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version="99.0.0")

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.DiffResponse()

    def Configure(self, request: Any, context: Any) -> Any:
        return provider_pb2.ConfigureResponse()

    def Cancel(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Check(self, request: Any, context: Any) -> Any:
        inputs = struct_pb2.Struct()
        inputs.CopyFrom(request.news)
        key = self._kind(request).named_by
        if key and key not in inputs.fields:
            name = request.urn.rsplit("::", 1)[1]
            old = request.olds.fields.get(key)
            inputs[key] = old.string_value if old else f"{name}-{secrets.token_hex(4)}"
        return provider_pb2.CheckResponse(inputs=inputs)

    def Diff(self, request: Any, context: Any) -> Any:
        olds, news = _read(request.old_inputs), _read(request.news)
        changed = [key for key in {**olds, **news} if olds.get(key) != news.get(key)]
        changes = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        replaces = [] if self._kind(request).update else changed
        return provider_pb2.DiffResponse(changes=changes, replaces=replaces)

    def Create(self, request: Any, context: Any) -> Any:
        if request.preview:  # what is not answered is unknown to the program
            return provider_pb2.CreateResponse(properties=request.properties)
        inputs = _read(request.properties)
        with _told_to_the_engine(context):
            id_, more = self._kind(request).create(inputs)
            return provider_pb2.CreateResponse(id=id_, properties=_written({**inputs, **more}))

    def Update(self, request: Any, context: Any) -> Any:
        news, update = _read(request.news), self._kind(request).update
        assert update
        if not request.preview:
            with _told_to_the_engine(context):
                update(request.id, news)
        return provider_pb2.UpdateResponse(properties=_written({**_read(request.olds), **news}))

    def Read(self, request: Any, context: Any) -> Any:
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Delete(self, request: Any, context: Any) -> Any:
        with _told_to_the_engine(context):
            self._kind(request).delete(request.id, _read(request.properties))
        return empty_pb2.Empty()

    def _kind(self, request: Any) -> Kind:
        return self._kinds[request.urn.split("::")[2].rsplit("$", 1)[-1]]


@contextmanager
def _told_to_the_engine(context: Any) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever the server says
        context.abort(grpc.StatusCode.UNKNOWN, f"{type(error).__name__}: {error}")


def serve(kinds: Mapping[str, Kind]) -> None:
    """Be that plugin, as a process of its own, until the engine ends it."""
    server = grpc.server(futures.ThreadPoolExecutor(8))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(StandIn(kinds), server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    server.wait_for_termination()


def install(folder: Path, **servers: Mapping[str, Any]) -> dict[str, str]:
    """Put the stand-ins of this folder's modules where the engine looks, and say what they work on.

    `servers` has what each needs to know of its servers, by the name of its cloud. Returns the environment that an
    engine needs to find them all.
    """
    folder.mkdir()
    for cloud in servers:
        program = folder / f"pulumi-resource-{cloud}"
        program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m tests.engine.clouds.{cloud}\n')
        program.chmod(0o755)
    orders = {_variable(cloud): json.dumps(order) for cloud, order in servers.items()}
    return {**orders, "PATH": os.pathsep.join([str(folder), os.environ["PATH"]])}


@functools.cache
def servers(cloud: str) -> dict[str, Any]:
    """In a stand-in: what `install` was told."""
    order: dict[str, Any] = json.loads(os.environ[_variable(cloud)])
    return order


def content_of(inputs: Properties) -> bytes:
    """The content of a file that a program gives as text or as an asset."""
    if "content" in inputs:
        return str(inputs["content"]).encode()
    return Path(inputs["source"]["path"]).read_bytes()


def _variable(cloud: str) -> str:
    return f"STAND_IN_{cloud.upper()}"


def _read(properties: struct_pb2.Struct) -> Properties:
    return dict(json_format.MessageToDict(properties))


def _written(properties: Properties) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(properties)
    return struct
