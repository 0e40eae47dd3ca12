"""The plugin `pulumi-resource-previsionio` as a process of its own, spoken to as the engine does.

with NativePlugin({"url": url, "token": token}) as plugin:
    created = plugin.create("SQLConnector", {"host": "db", …})
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc

from tests.signals import end

if TYPE_CHECKING:
    from typing_extensions import Self

COMMAND = Path(sys.prefix) / "bin" / "pulumi-resource-previsionio"
TIMEOUT = 60.0
"""Seconds for one answer."""

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"


def secret(value: Any) -> dict[str, Any]:
    """A value as the engine sends a secret."""
    return {_SIGNATURE: _SECRET, "value": value}


def struct(values: Mapping[str, Any]) -> Struct:
    made = Struct()
    made.update(values)
    return made


def plain(properties: Struct) -> dict[str, Any]:
    """Properties without the wrappers of secrets, which must be around nothing but a whole property."""
    return {
        key: value["value"] if isinstance(value, Mapping) and _SIGNATURE in value else value
        for key, value in python(properties).items()
    }


def secrets_in(properties: Struct) -> set[str]:
    return {key for key, value in python(properties).items() if isinstance(value, Mapping) and _SIGNATURE in value}


def python(properties: Struct) -> dict[str, Any]:
    found: dict[str, Any] = MessageToDict(properties)
    return found


class NativePlugin:
    """One process of the plugin, configured unless `config` is None."""

    def __init__(
        self,
        config: Mapping[str, Any] | None,
        *,
        name: str = "default_0_2_0",
        environment: Mapping[str, str] | None = None,
        command: Sequence[str | Path] = (COMMAND,),
        ignore_interrupts: bool = False,
        engine: str = "127.0.0.1:1",
    ) -> None:
        self._config, self._name = config, name
        passed_on = {key: value for key, value in os.environ.items() if not key.startswith(("PREVISION", "PULUMI"))}
        self._environment = {**passed_on, **(environment or {})}
        # A shell hands on what it ignores, as `nohup` does.
        shell = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"] if ignore_interrupts else []
        self._command = [*shell, *command, engine]

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            self._command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        port = self.process.stdout.readline().strip()
        assert port, f"the plugin did not start: {self.process.stderr and self.process.stderr.read()}"
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.stub: Any = provider_pb2_grpc.ResourceProviderStub(self._channel)
        if self._config is not None:
            self.configure(self._config)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.close()
        self.output = "".join(end(self.process, TIMEOUT))

    def call(self, method: str, request: Any) -> Any:
        return getattr(self.stub, method)(request, timeout=TIMEOUT)

    def configure(self, config: Mapping[str, Any]) -> Any:
        return self.call("Configure", pb.ConfigureRequest(args=struct(config), name=self._name, acceptSecrets=True))

    def cancel(self) -> None:
        self.call("Cancel", Empty())

    def check(
        self, kind: str, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None, *, name: str = "thing"
    ) -> Any:
        request = pb.CheckRequest(urn=urn(kind, name), olds=struct(olds or {}), news=struct(news))
        return self.call("Check", request)

    def diff(
        self,
        kind: str,
        id_: str,
        olds: Mapping[str, Any],
        news: Mapping[str, Any],
        inputs: Mapping[str, Any] | None = None,
    ) -> Any:
        old_inputs = struct(olds if inputs is None else inputs)
        request = pb.DiffRequest(id=id_, urn=urn(kind), olds=struct(olds), old_inputs=old_inputs, news=struct(news))
        return self.call("Diff", request)

    def create(self, kind: str, properties: Mapping[str, Any], *, preview: bool = False) -> Any:
        return self.create_later(kind, properties, preview=preview).result()

    def create_later(
        self, kind: str, properties: Mapping[str, Any], *, preview: bool = False, seconds: float = 0.0
    ) -> Any:
        request = pb.CreateRequest(urn=urn(kind), properties=struct(properties), preview=preview, timeout=seconds)
        return self.stub.Create.future(request, timeout=TIMEOUT)

    def read(
        self, kind: str, id_: str, properties: Mapping[str, Any] | None = None, inputs: Mapping[str, Any] | None = None
    ) -> Any:
        request = pb.ReadRequest(
            id=id_, urn=urn(kind), properties=struct(properties or {}), inputs=struct(inputs or {})
        )
        return self.call("Read", request)

    def update(
        self,
        kind: str,
        id_: str,
        olds: Mapping[str, Any],
        news: Mapping[str, Any],
        inputs: Mapping[str, Any] | None = None,
    ) -> Any:
        old_inputs = struct(olds if inputs is None else inputs)
        request = pb.UpdateRequest(id=id_, urn=urn(kind), olds=struct(olds), old_inputs=old_inputs, news=struct(news))
        return self.call("Update", request)

    def delete(self, kind: str, id_: str, properties: Mapping[str, Any]) -> None:
        request = pb.DeleteRequest(id=id_, urn=urn(kind), properties=struct(properties), old_inputs=struct(properties))
        self.call("Delete", request)

    def invoke(self, function: str, **arguments: Any) -> dict[str, Any]:
        request = pb.InvokeRequest(tok=f"previsionio:index:{function}", args=struct(arguments))
        return python(getattr(self.call("Invoke", request), "return"))


def urn(kind: str, name: str = "thing") -> str:
    return f"urn:pulumi:dev::test::my:index:Parent$previsionio:index:{kind}::{name}"
