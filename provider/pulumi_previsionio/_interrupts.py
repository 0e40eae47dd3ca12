"""A program whose resources fail ends at once, and quietly.

When a resource fails, the engine interrupts the program (SIGINT) and waits five seconds before it kills it. Python's
own handler seldom makes use of them well: the main thread waits for threads that wait for the engine, so that each
failing `pulumi up` takes those five seconds; or a traceback of the event loop is shown below the error that matters.
The system's own answer to the signal ends the program there and then. What was made is in the engine's hands already.
"""

from __future__ import annotations

import signal
import threading

import pulumi
from pulumi.runtime.proto.engine_pb2_grpc import EngineStub


def end_quietly() -> None:
    """Do it where nobody else has a say: in a program that the engine started, and that has no handler of its own.

    The Automation API runs inline programs in threads of somebody else's process, and tests with mocks have no engine.
    """
    if (
        threading.current_thread() is threading.main_thread()
        and isinstance(pulumi.runtime.settings.get_engine(), EngineStub)
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    ):
        signal.signal(signal.SIGINT, signal.SIG_DFL)
