"""When the package prepares a program to end quietly and fast, and when it keeps its hands off."""

import gc
import signal
import threading
from collections.abc import Iterator

import pulumi
import pytest
from pulumi.runtime.proto.engine_pb2_grpc import EngineStub
from pulumi_previsionio import _program


class Channel:
    """As much of a gRPC channel as a stub needs to be made."""

    def unary_unary(self, *_: object, **__: object) -> None:
        """Nothing is ever called."""


@pytest.fixture(autouse=True)
def a_program_of_the_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    engine = EngineStub(Channel())
    monkeypatch.setattr(pulumi.runtime.settings, "get_engine", lambda: engine)
    monkeypatch.setattr(_program, "_is_prepared", False)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.unfreeze()
    yield
    gc.unfreeze()
    signal.signal(signal.SIGINT, before)


def frozen() -> bool:
    return gc.get_freeze_count() > 1000


def test_in_a_program_of_the_engine_the_system_answers_and_what_is_loaded_stays() -> None:
    _program.prepare()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    assert frozen()


def test_it_is_done_once() -> None:
    _program.prepare()
    gc.unfreeze()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _program.prepare()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert not frozen()


@pytest.mark.parametrize("handler", [signal.SIG_IGN, lambda *_: None])
def test_a_handler_of_somebody_else_stays(handler: signal.Handlers) -> None:
    signal.signal(signal.SIGINT, handler)
    _program.prepare()
    assert signal.getsignal(signal.SIGINT) is handler
    assert frozen()


def test_an_inline_program_in_a_thread_changes_nothing() -> None:
    thread = threading.Thread(target=_program.prepare)
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert not frozen()


@pytest.mark.parametrize("engine", [None, object()])
def test_without_an_engine_nothing_changes(engine: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi.runtime.settings, "get_engine", lambda: engine)
    _program.prepare()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert not frozen()
