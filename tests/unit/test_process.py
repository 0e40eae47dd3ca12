"""When the package has an interrupted program end at once or collects less garbage, and when it keeps its hands off."""

import gc
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pulumi
import pytest
from pulumi.runtime.proto.engine_pb2_grpc import EngineStub
from pulumi_previsionio._host.garbage import collect_garbage_less_often
from pulumi_previsionio._host.process import end_at_once_when_interrupted


class Channel:
    """As much of a gRPC channel as a stub needs to be made."""

    def unary_unary(self, *_: object, **__: object) -> None:
        """Nothing is ever called."""


@pytest.fixture(autouse=True)
def a_program_of_the_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    engine = EngineStub(Channel())
    monkeypatch.setattr(pulumi.runtime.settings, "get_engine", lambda: engine)
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    before, thresholds = signal.signal(signal.SIGINT, signal.default_int_handler), gc.get_threshold()
    gc.set_threshold(700)
    yield
    gc.set_threshold(*thresholds)
    signal.signal(signal.SIGINT, before)


def is_prepared() -> bool:
    return sys.excepthook is not sys.__excepthook__


def test_a_program_of_the_engine_is_prepared_and_keeps_its_handler() -> None:
    end_at_once_when_interrupted()
    assert is_prepared()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("handler", [signal.SIG_IGN, lambda *_: None])
def test_a_program_with_a_handler_of_its_own_is_left_alone(handler: signal.Handlers) -> None:
    signal.signal(signal.SIGINT, handler)
    end_at_once_when_interrupted()
    assert not is_prepared()


def test_a_program_that_shows_its_errors_by_itself_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def own(*_: object) -> None:
        """Whatever it does."""

    monkeypatch.setattr(sys, "excepthook", own)
    end_at_once_when_interrupted()
    assert sys.excepthook is own


def test_garbage_is_looked_for_less_often_in_a_program_of_the_engine() -> None:
    collect_garbage_less_often()
    assert gc.get_threshold()[0] >= 50_000
    assert gc.isenabled()


def test_whoever_has_told_the_collector_how_often_to_look_is_left_alone() -> None:
    gc.set_threshold(1234, 5, 6)
    collect_garbage_less_often()
    assert gc.get_threshold() == (1234, 5, 6)


@pytest.mark.parametrize("prepare", [end_at_once_when_interrupted, collect_garbage_less_often])
def test_an_inline_program_in_a_thread_changes_nothing(prepare: Callable[[], None]) -> None:
    before = gc.get_threshold()
    thread = threading.Thread(target=prepare)
    thread.start()
    thread.join()
    assert not is_prepared()
    assert gc.get_threshold() == before


@pytest.mark.parametrize("engine", [None, object()])
def test_without_an_engine_nothing_changes(engine: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi.runtime.settings, "get_engine", lambda: engine)
    before = gc.get_threshold()
    end_at_once_when_interrupted()
    collect_garbage_less_often()
    assert not is_prepared()
    assert gc.get_threshold() == before


PROGRAM = """
import atexit, os, signal, sys, threading
from pulumi_previsionio._host import process

sys.excepthook = process._end_if_interrupted
threading.Thread(target=threading.Event().wait).start()  # as those that wait for the engine
atexit.register(print, "atexit")
try:
    os.kill(os.getpid(), signal.SIGINT)
    threading.Event().wait()
finally:
    print("finally")
"""


def test_an_interrupted_program_runs_finally_and_atexit_and_ends_though_threads_wait() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.split(), done.stderr) == (-signal.SIGINT, ["finally", "atexit"], "")


def test_every_other_error_is_shown_as_ever(capsys: pytest.CaptureFixture[str]) -> None:
    end_at_once_when_interrupted()
    sys.excepthook(ValueError, ValueError("of the program"), None)
    assert "ValueError: of the program" in capsys.readouterr().err
