"""What is said of long waits goes to the engine: it shows nothing that a plugin prints."""

from __future__ import annotations

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from .._platform import operation

_SECONDS = 5.0
"""After which a line that the engine has not taken is lost."""


def tell_the_engine(address: str) -> None:
    """Say all that is said from now on to the engine at that address."""
    engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    on_their_way: set[grpc.Future] = set()

    def say(line: str) -> None:
        # Nobody waits for an answer: whoever says something has others to look after.
        call = engine.Log.future(engine_pb2.LogRequest(severity=engine_pb2.INFO, message=line), timeout=_SECONDS)
        on_their_way.add(call)  # gRPC cancels a call that nobody holds
        call.add_done_callback(on_their_way.discard)

    operation.say_through(say)
