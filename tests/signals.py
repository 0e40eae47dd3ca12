"""Children hear the signals that are ignored where the tests themselves run: in a background shell, under nohup.

And they end by the one that asks them to.
"""

import contextlib
import signal
import subprocess


def let_children_hear() -> None:
    """Call it in the main thread.

    What is ignored stays ignored in each child that starts: no test could interrupt or hang up on a command, and the
    engine, which ends programs by SIGINT, would wait five seconds for each. A handler is enough: the system takes it
    back to the default when a child starts, and here it does nothing.
    """
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda _number, _frame: None)


def end(process: subprocess.Popen[str], seconds: float) -> tuple[str, str]:
    """What a process has written once SIGTERM has ended it. It is not killed: what it did is measured.

    Python hears of a signal that comes just before it blocks only when the next one comes.
    """
    for _ in range(int(seconds)):
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=1)
    raise TimeoutError(f"process {process.pid} does not end")
