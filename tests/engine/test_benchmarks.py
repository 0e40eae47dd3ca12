"""The benchmark itself, small: that it measures what it says. How fast anything is depends on the machine."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks import opentofu

ROOT = Path(__file__).parents[2]


def test_the_benchmark_runs_all_side_by_side_and_reports(engine: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "--quick", f"--out={tmp_path}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

    runs = json.loads((tmp_path / "results.json").read_text())
    calls = {(run["provider"], run["operation"]): sum(run["calls"].values()) for run in runs}
    assert {operation: calls.pop(("OpenTofu", operation)) for name, operation in [*calls] if name == "OpenTofu"} == (
        {"create": 6, "unchanged preview": 12, "refresh": 12, "change of one host": 13, "destroy": 18}
        if opentofu.is_here()
        else {}
    )
    assert calls == {
        **{("no-op", operation): 0 for _, operation in calls},
        ("naive", "create"): 6,
        ("naive", "unchanged preview"): 0,
        ("naive", "refresh"): 6,
        ("naive", "change of one host"): 1,
        ("naive", "destroy"): 6,
        ("previsionio", "create"): 11,  # each object; two tests, two lists of tables, and the project
        ("previsionio", "unchanged preview"): 0,
        ("previsionio", "refresh"): 4,
        ("previsionio", "change of one host"): 4,  # can the platform change it, is the project there; change, test
        ("previsionio", "destroy"): 8,
    }
    for run in runs:
        assert run["seconds"] > 0
        if run["provider"] != "OpenTofu":  # its runs may be over before anybody looks
            assert run["cli_memory"] > 10 * 2**20
    assert (
        "| 11 | 2 GET /connectors/ID/databases/crm/tables, 1 GET /projects/ID, 2 POST /connectors/ID/test, "
        in (tmp_path / "results.md").read_text()
    )
    assert (tmp_path / "results.png").read_bytes().startswith(b"\x89PNG")
