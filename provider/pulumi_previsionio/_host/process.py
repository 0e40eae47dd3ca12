"""A program that the engine interrupts ends at once, without a traceback of Pulumi's own.

When a resource fails, the engine sends SIGINT to the program and waits five seconds before it kills it. Python raises
`KeyboardInterrupt` in the main thread, so `finally` blocks run; but then the interpreter waits for threads that wait
for the engine, so that each failing `pulumi up` takes those five seconds, and it shows a traceback of the event loop
below the error that matters. So an interrupt that nobody caught runs what `atexit` holds and ends the process there.

It would end with a language host that stops its program by itself (pulumi/pulumi#3349 asks for it). A test notices:
tests/engine/test_messages.py.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from types import TracebackType

import pulumi
from pulumi.runtime.proto.engine_pb2_grpc import EngineStub


def end_at_once_when_interrupted() -> None:
    """Do it in a program that the engine started, where nobody else has a say; elsewhere do nothing."""
    if (
        sys.excepthook is sys.__excepthook__
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        and runs_for_the_engine()
    ):
        sys.excepthook = _end_if_interrupted


def runs_for_the_engine() -> bool:
    """Whether this process is a program that the engine started.

    The Automation API runs inline programs in threads of somebody else's process, and tests with mocks have no engine.
    """
    is_main = threading.current_thread() is threading.main_thread()
    return is_main and isinstance(pulumi.runtime.settings.get_engine(), EngineStub)


def _end_if_interrupted(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
        return
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    # As Python itself ends after an interrupt: whoever waits for the process sees why (bpo-1054041).
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)
