"""Every promise of the README is in the table of promises, and every test that the table names is there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs" / "promises.md").read_text()
PROVEN = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TABLE)


def defined_in(path: str) -> set[str]:
    return {node.name for node in ast.parse((ROOT / path).read_text()).body if isinstance(node, ast.FunctionDef)}


def test_every_promise_names_a_test_that_is_there() -> None:
    assert [f"{path}::{name}" for path, name in PROVEN if name not in defined_in(path)] == []
    rows = [line for line in TABLE.splitlines() if line.startswith("| ")][1:]
    assert [row for row in rows if "`tests/" not in row] == []


def test_every_promise_of_the_readme_is_in_the_table() -> None:
    promises = re.findall(r"^- \*\*(.+?)\.\*\*", (ROOT / "README.md").read_text(), re.MULTILINE)
    words = {
        "A preview that tells the truth": "What a preview announces is what `pulumi up` does",
        "Mistakes before anything is touched": "A misspelt table, database or file is named in the preview",
        "No half-made objects": "A connector that does not work is removed again",
        "Passwords stay secret": "No secret is in the clear",
        "Drift is seen and repaired": "Drift of every field is seen and repaired",
        "Nothing is pulled from under somebody else": "A connector in use is not deleted unless forced",
        "What exists can be taken over": "What exists is taken over without being touched",
        "A platform to try it on": "A preview accepts exactly what can be read",
    }
    assert set(promises) == words.keys()
    assert [words_ for words_ in words.values() if f"| {words_}" not in TABLE] == []
