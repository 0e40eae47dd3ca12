"""The command `pulumi-resource-previsionio`: the engine starts it, reads a port from its first line, and speaks gRPC.

It ends by SIGINT, which the engine sends when it is done: after five seconds it would kill the process, and call that
a fault of the provider.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from .._version import __version__

THREADS: Final = 256
"""Calls of the engine at the same time. How many of them may ask the platform the settings say; the rest wait, for a
place or for a dataset's copy. Threads start when they are needed."""
_LARGEST_MESSAGE: Final = 400 * 1024 * 1024
"""As the engine's own (pulumi `sdk/go/common/util/rpcutil`)."""


_USAGE: Final = """\
Usage: pulumi-resource-previsionio [FLAGS] ENGINE_ADDRESS

The plugin of Prevision.io for Pulumi. The engine starts it by itself: it prints the port on which it speaks Pulumi's
provider protocol, and ends by SIGINT. What people use is `pulumi-previsionio`.
"""


def main() -> None:
    """Serve until the engine says that it is over."""
    if {"-h", "--help", "--version"} & set(sys.argv[1:]):
        print(f"{__version__}\n" if "--version" in sys.argv else _USAGE, end="")
        return
    # `nohup` and background shells start processes that ignore SIGINT. Python's own handler is wanted in any case:
    # to stop a server inside of a handler may deadlock.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.pop("PULUMI_CONFIG", None)  # the whole configuration, with its secrets in clear
    with contextlib.suppress(KeyboardInterrupt):
        _serve()
    sys.stdout.flush()
    os._exit(0)  # threads that still wait for the platform hold up nobody


def _serve() -> None:
    from .slim_start import leave_the_sdk_out

    leave_the_sdk_out()
    import grpc
    from pulumi.runtime.proto import provider_pb2_grpc

    from .engine_log import tell_the_engine
    from .servicer import Servicer

    limits = [(f"grpc.max_{way}_message_length", _LARGEST_MESSAGE) for way in ("send", "receive")]
    if len(sys.argv) > 1:  # behind the flags of the engine's own log
        tell_the_engine(sys.argv[-1])
    server = grpc.server(ThreadPoolExecutor(THREADS), options=limits)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
