"""Pulumi's own provider host for dynamic providers, `python -m pulumi.dynamic`, spoken to as the engine does.

with ProviderHost(config={"previsionio:url": url, "previsionio:token": token}) as host:
    created = host.create(SQLConnectorProvider, {"host": "db", …})
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import dill
import grpc
from google.protobuf import json_format, struct_pb2
from pulumi.dynamic import ResourceProvider
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from tests.signals import end

if TYPE_CHECKING:
    from typing_extensions import Self

PROVIDER = Path(__file__).parents[2] / "provider"
ProviderClass = type[ResourceProvider] | str
"""A provider class, or the text by which a state knows it."""
_RUN = "import runpy; runpy.run_module('pulumi.dynamic', run_name='__main__', alter_sys=True)"
TIMEOUT = 60.0
"""Seconds for one answer of the host."""


class ProviderHost:
    """One host process.

    `python` needs the packages that the provider depends on, not the provider itself. `before` is Python code that the
    process runs before it becomes a host.
    """

    def __init__(
        self,
        config: Mapping[str, str],
        *,
        python: str = sys.executable,
        environment: Mapping[str, str] | None = None,
        before: str = "",
    ) -> None:
        self._config = config
        self._command = [python, "-u", "-m", "pulumi.dynamic", "127.0.0.1:1"]
        if before:
            self._command = [python, "-u", "-c", f"{before}\n{_RUN}", "127.0.0.1:1"]
        passed_on = {name: value for name, value in os.environ.items() if not name.startswith(("PREVISION", "PULUMI"))}
        self._environment = {**passed_on, "PYTHONPATH": str(PROVIDER), **(environment or {})}

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            self._command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        port = self.process.stdout.readline().strip()
        assert port, f"the host did not start: {self.process.stderr and self.process.stderr.read()}"
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.stub: Any = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self.configure(self._config)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.close()
        self.output = "".join(end(self.process, TIMEOUT))

    def configure(self, config: Mapping[str, str]) -> None:
        """Set the configuration of the providers that are used for the first time from now on."""
        self.stub.Configure(provider_pb2.ConfigureRequest(args=_struct(config)), timeout=TIMEOUT)

    def check(self, provider: ProviderClass, news: Mapping[str, Any], **olds: Any) -> Any:
        """The host's answer to Check."""
        before = _struct(olds, provider) if olds else None
        request = provider_pb2.CheckRequest(news=_struct(news, provider), olds=before)
        return self.stub.Check(request, timeout=TIMEOUT)

    def diff(self, provider: ProviderClass, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Any:
        """The host's answer to Diff."""
        request = provider_pb2.DiffRequest(id=id_, olds=_struct(olds, provider), news=_struct(news, provider))
        return self.stub.Diff(request, timeout=TIMEOUT)

    def create(self, provider: ProviderClass, properties: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Id and outputs of a new object."""
        answer = self.create_later(provider, properties).result()
        return answer.id, plain(answer.properties)

    def read(self, provider: ProviderClass, id_: str, properties: Mapping[str, Any]) -> Any:
        """The host's answer to Read: a refresh if `properties` are those of a state, a get if they are empty."""
        return self.read_later(provider, id_, properties).result()

    def update(
        self, provider: ProviderClass, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The outputs after an update."""
        request = provider_pb2.UpdateRequest(id=id_, olds=_struct(olds, provider), news=_struct(news, provider))
        return plain(self.stub.Update(request, timeout=TIMEOUT).properties)

    def delete(self, provider: ProviderClass, id_: str, properties: Mapping[str, Any]) -> None:
        request = provider_pb2.DeleteRequest(id=id_, properties=_struct(properties, provider))
        self.stub.Delete(request, timeout=TIMEOUT)

    def create_later(self, provider: ProviderClass, properties: Mapping[str, Any]) -> Any:
        """Ask for a creation; the answer is had by `result()`."""
        request = provider_pb2.CreateRequest(properties=_struct(properties, provider))
        return self.stub.Create.future(request, timeout=TIMEOUT)

    def read_later(self, provider: ProviderClass, id_: str, properties: Mapping[str, Any]) -> Any:
        """Ask for the live values of an object in the state; the answer is had by `result()`."""
        request = provider_pb2.ReadRequest(id=id_, properties=_struct(properties, provider))
        return self.stub.Read.future(request, timeout=TIMEOUT)


def plain(properties: struct_pb2.Struct) -> dict[str, Any]:
    """Properties without the engine's own; unknown ones as the engine writes them (`rpc.UNKNOWN`)."""
    return {key: value for key, value in json_format.MessageToDict(properties).items() if not key.startswith("__")}


def _struct(properties: Mapping[str, Any], provider: ProviderClass | None = None) -> struct_pb2.Struct:
    given = dict(properties)
    if isinstance(provider, str):
        given["__provider"] = provider
    elif provider is not None:
        given["__provider"] = base64.b64encode(dill.dumps(provider())).decode()
    # Not `asyncio.run`, which leaves no loop to those tests that want the thread's own.
    with contextlib.closing(asyncio.new_event_loop()) as loop:
        return loop.run_until_complete(rpc.serialize_properties(given, {}))
