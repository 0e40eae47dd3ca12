"""What is done once in a program that the engine started, when it makes its first resource: it ends quietly, and fast.

When a resource fails, the engine interrupts the program (SIGINT) and waits five seconds before it kills it. Python's
own handler seldom makes use of them well: the main thread waits for threads that wait for the engine, so that each
failing `pulumi up` takes those five seconds; or a traceback of the event loop is shown below the error that matters.
The system's own answer to the signal ends the program there and then. What was made is in the engine's hands already.

All that a program has imported until then it keeps to its end. No garbage collection need look through it, the last
one of the ending interpreter least of all: an unchanged preview of a hundred resources is some 3 % faster for it.
"""

from __future__ import annotations

import gc
import signal
import threading

import pulumi
from pulumi.runtime.proto.engine_pb2_grpc import EngineStub

_is_prepared = False


def prepare() -> None:
    """Do it where nobody else has a say: once, in a program that the engine started.

    The Automation API runs inline programs in threads of somebody else's process, and tests with mocks have no engine.
    """
    global _is_prepared
    if (
        _is_prepared
        or threading.current_thread() is not threading.main_thread()
        or not isinstance(pulumi.runtime.settings.get_engine(), EngineStub)
    ):
        return
    _is_prepared = True
    gc.freeze()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it has a handler of its own
        signal.signal(signal.SIGINT, signal.SIG_DFL)
