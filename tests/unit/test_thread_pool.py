"""More than four calls at a time: what the trick leans on, and that nothing breaks where it is not there."""

import ast
import importlib.util
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pulumi_previsionio._host.thread_pool import managed_blocking, widen

ENOUGH = 20.0
"""Seconds in which threads that belong together must have come; hardly any are needed."""


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """A pool as the provider host has it."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        yield pool


def all_at_once(pool: ThreadPoolExecutor, count: int) -> bool:
    """Whether so many tasks of the pool run at once."""
    barrier = threading.Barrier(count)

    def meet() -> bool:
        try:
            barrier.wait(ENOUGH)
        except threading.BrokenBarrierError:
            return False
        return True

    tasks = [pool.submit(meet) for _ in range(count)]
    return all(task.result() for task in tasks)


def test_a_pool_is_widened_from_one_of_its_tasks(pool: ThreadPoolExecutor) -> None:
    assert pool.submit(widen, 16).result() is True
    assert all_at_once(pool, 16)


def test_what_was_submitted_before_gets_threads_too(pool: ThreadPoolExecutor) -> None:
    barrier, all_submitted = threading.Barrier(16), threading.Event()

    def widen_late() -> int:
        assert all_submitted.wait(ENOUGH)
        widen(16)
        return barrier.wait(ENOUGH)

    tasks = [pool.submit(widen_late), *(pool.submit(barrier.wait, ENOUGH) for _ in range(15))]
    all_submitted.set()
    assert {task.result() for task in tasks} == set(range(16))


def test_a_pool_that_was_busy_before_is_widened_all_the_same(pool: ThreadPoolExecutor) -> None:
    """Tasks that had to wait leave Python 3.11 and earlier with too high a count of idle threads."""
    for task in [pool.submit(int) for _ in range(200)]:
        task.result()
    pool.submit(widen, 16).result()
    assert all_at_once(pool, 16)


def test_a_pool_is_never_narrowed(pool: ThreadPoolExecutor) -> None:
    assert pool.submit(widen, 2).result() is True
    assert all_at_once(pool, 4)


def test_a_second_widening_changes_nothing(pool: ThreadPoolExecutor) -> None:
    for _ in range(3):
        pool.submit(widen, 8).result()
    assert pool._max_workers == 8


def test_a_task_that_waits_lends_its_place(pool: ThreadPoolExecutor) -> None:
    """Six tasks wait, more than the pool has threads; four others run at once all the same."""
    done = threading.Event()
    began = threading.Barrier(7)

    def wait() -> None:
        with managed_blocking():
            began.wait(ENOUGH)
            assert done.wait(ENOUGH)

    waiting = [pool.submit(wait) for _ in range(6)]
    began.wait(ENOUGH)
    assert all_at_once(pool, 4)
    done.set()
    for task in waiting:
        task.result()
    assert pool._max_workers == 4


def test_a_place_is_taken_back_after_an_error(pool: ThreadPoolExecutor) -> None:
    def fail() -> None:
        with managed_blocking():
            raise ValueError("no")

    assert isinstance(pool.submit(fail).exception(), ValueError)
    assert pool._max_workers == 4


# Where it is not there


def test_outside_a_pool_nothing_happens() -> None:
    assert widen(16) is False
    with managed_blocking():
        pass


def _worker(task: Callable[[], bool], executor_reference: object = None) -> bool:
    """A function of the same name as the one that is looked for."""
    return task()


@pytest.mark.parametrize("reference", [None, "something else", lambda: None, lambda: "no pool"])
def test_a_worker_that_looks_different_is_left_alone(reference: object) -> None:
    assert _worker(lambda: widen(16), reference) is False


def test_a_pool_that_looks_different_is_left_alone(pool: ThreadPoolExecutor) -> None:
    del pool._max_workers
    assert _worker(lambda: widen(16), lambda: pool) is False
    pool._max_workers = 4


def test_a_pool_that_is_ending_is_left_alone() -> None:
    pool = ThreadPoolExecutor(4)
    pool.shutdown()
    assert _worker(lambda: widen(16), lambda: pool) is True


# What it leans on: when one of these fails, `_thread_pool` has to be looked at again


def host_source() -> ast.Module:
    # Found, not imported: importing it runs a host.
    spec = importlib.util.find_spec("pulumi.dynamic")
    assert spec is not None
    assert spec.origin is not None
    return ast.parse(Path(spec.origin).with_name("__main__.py").read_text())


def test_the_host_serves_from_a_pool_of_four_threads() -> None:
    main = next(node for node in host_source().body if isinstance(node, ast.FunctionDef) and node.name == "main")
    pools = [
        ast.unparse(call.args[0])
        for call in ast.walk(main)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "grpc.server"
    ]
    assert pools == ["futures.ThreadPoolExecutor(max_workers=4)"]


def test_the_host_configures_a_provider_in_the_thread_of_its_first_request() -> None:
    source = ast.unparse(host_source())
    assert "provider.configure(req)" in source
    for method in ("Check", "Diff", "Create", "Read", "Update", "Delete"):
        function = next(
            node for node in ast.walk(host_source()) if isinstance(node, ast.FunctionDef) and node.name == method
        )
        assert "get_provider(" in ast.unparse(function), method
