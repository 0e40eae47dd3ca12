"""What the command prints: results apart from everything else, progress on what takes long, never a token."""

import json
import re
import time

import pytest
from pulumi_previsionio._cli import console as console_
from pulumi_previsionio._cli.console import Console


def test_what_takes_long_says_so_again_and_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console_, "_PATIENCE", 0.02)
    monkeypatch.setattr(console_, "_REMINDER", 0.02)

    with Console().working("importing 200 objects"):
        time.sleep(0.2)

    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) >= 2
    assert all(re.fullmatch(r"importing 200 objects … \d s", line) for line in printed.err.splitlines())


def test_what_is_quick_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Console().working("importing"):
        pass

    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("as_json", [False, True])
def test_a_token_is_printed_nowhere(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(as_json=as_json)
    console.secrets.append("t0ken-t0ken")

    console.result({"lines": ["with t0ken-t0ken", {"deep": "t0ken-t0ken"}]}, "result t0ken-t0ken", "x" * 2000)
    console.failed("failed with t0ken-t0ken", ["detail t0ken-t0ken"], 1)

    printed = capsys.readouterr()
    assert "t0ken" not in printed.out + printed.err
    assert "[secret]" in printed.out
    assert as_json or "x" * 2000 in printed.out


def test_for_machines_there_is_one_object_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    Console(as_json=True).failed("refused", ["why"], 3, "lines\nto paste")

    printed = capsys.readouterr()
    expected = {"error": "refused", "details": ["why"], "exit_code": 3, "lines": ["lines", "to paste"]}
    assert json.loads(printed.out) == expected
    assert printed.err == ""


def test_a_step_with_parts_says_how_many_are_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console_, "_PATIENCE", 0.02)

    with Console().working("testing") as tell:
        tell("3 of 40")
        time.sleep(0.1)

    assert capsys.readouterr().err == "testing: 3 of 40 … 0 s\n"
