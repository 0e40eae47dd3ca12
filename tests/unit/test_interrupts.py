"""When the package lets the system answer SIGINT, and when it keeps its hands off."""

import signal
import threading
from collections.abc import Iterator

import pulumi
import pytest
from pulumi.runtime.proto.engine_pb2_grpc import EngineStub
from pulumi_previsionio._interrupts import end_quietly


class Channel:
    """As much of a gRPC channel as a stub needs to be made."""

    def unary_unary(self, *_: object, **__: object) -> None:
        """Nothing is ever called."""


@pytest.fixture(autouse=True)
def a_program_of_the_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    engine = EngineStub(Channel())
    monkeypatch.setattr(pulumi.runtime.settings, "get_engine", lambda: engine)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_in_a_program_of_the_engine_the_system_answers() -> None:
    end_quietly()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL


@pytest.mark.parametrize("handler", [signal.SIG_IGN, lambda *_: None])
def test_a_handler_of_somebody_else_stays(handler: signal.Handlers) -> None:
    signal.signal(signal.SIGINT, handler)
    end_quietly()
    assert signal.getsignal(signal.SIGINT) is handler


def test_an_inline_program_in_a_thread_changes_nothing() -> None:
    thread = threading.Thread(target=end_quietly)
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("engine", [None, object()])
def test_without_an_engine_nothing_changes(engine: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi.runtime.settings, "get_engine", lambda: engine)
    end_quietly()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
