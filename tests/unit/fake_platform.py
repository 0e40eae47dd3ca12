"""The platform's contract over real HTTP, with everything that can go wrong on request."""

import dataclasses
import re
from collections.abc import Callable

from tests.contract import API, PROJECT, TOKEN, Contract
from tests.unit.scripted_server import CUT, Answer, Request, ScriptedServer

__all__ = ["PROJECT", "TOKEN", "FakePlatform", "Fault"]


@dataclasses.dataclass
class Fault:
    """What happens to one call: whether it is carried out, and what is answered (None: as usual)."""

    method: str
    path: str
    carried_out: bool
    answer: Answer | None
    times: int
    before: Callable[[], object] | None
    after: Callable[[], object] | None


class FakePlatform(Contract):
    """`url` and `token` to reach it, `objects` to look into it, `fault` to break it."""

    def __init__(self) -> None:
        self._server = ScriptedServer(self._respond)
        super().__init__()
        self._faults: list[Fault] = []

    def reset(self) -> None:
        """As new, without faults and without calls."""
        self.empty()
        self.forget_faults()
        self._server.reset()

    def __enter__(self) -> "FakePlatform":
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def requests(self) -> list[Request]:
        return self._server.requests

    @property
    def calls(self) -> list[str]:
        """Method and path of every call, below `/ext/v1`."""
        return [line.replace("/ext/v1", "", 1) for line in self._server.lines]

    def forget_calls(self) -> None:
        self._server.requests.clear()

    def forget_faults(self) -> None:
        self._faults = []

    def fault(
        self,
        method: str,
        path: str,
        answer: Answer | None = CUT,
        *,
        carried_out: bool = False,
        times: int = 1,
        before: Callable[[], object] | None = None,
        after: Callable[[], object] | None = None,
    ) -> None:
        """The next `times` calls of `method` to a path that ends like `path` (a pattern) go wrong.

        `before` and `after` run around what the platform does, `after` while the caller still waits for the answer.
        """
        self._faults.append(Fault(method, path, carried_out, answer, times, before, after))

    def _respond(self, request: Request) -> Answer:
        answer = self._answer(request)
        return dataclasses.replace(answer, headers={**self.headers(), **answer.headers})

    def _answer(self, request: Request) -> Answer:
        with self._lock:
            fault = next(
                (
                    fault
                    for fault in self._faults
                    if fault.times and fault.method == request.method and re.search(f"{fault.path}$", request.path)
                ),
                None,
            )
            if fault:
                fault.times -= 1
        if fault is None:
            return self._carry_out(request)
        if fault.before:
            fault.before()
        usual = self._carry_out(request) if fault.carried_out else Answer()
        if fault.after:
            fault.after()
        return usual if fault.answer is None else fault.answer

    def _carry_out(self, request: Request) -> Answer:
        content = request.json if request.body else None
        token = request.headers.get("Authorization")
        return self.answer(request.method, request.path.removeprefix(API), request.query, content, token)
