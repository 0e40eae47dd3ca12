"""Children hear the signals that are ignored where the tests themselves run: in a background shell, under nohup."""

import signal


def let_children_hear() -> None:
    """Call it in the main thread.

    What is ignored stays ignored in each child that starts: no test could interrupt or hang up on a command, and the
    engine, which ends programs by SIGINT, would wait five seconds for each. A handler is enough: the system takes it
    back to the default when a child starts, and here it does nothing.
    """
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda _number, _frame: None)
