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

    results = json.loads((tmp_path / "quick.json").read_text())
    assert results["machine"]["processors"]
    assert results["versions"]["pulumi-previsionio"]
    calls = {(run["contender"], run["operation"]): sum(run["calls"].values()) for run in results["runs"]}
    assert {operation: calls.pop(("OpenTofu", operation)) for name, operation in [*calls] if name == "OpenTofu"} == (
        {"create": 6, "unchanged preview": 12, "refresh": 12, "change of one host": 13, "destroy": 18}
        if opentofu.is_here()
        else {}
    )
    ours = {
        "create": 11,  # each object; two tests, two lists of tables, and the project
        "unchanged preview": 0,
        "refresh": 4,
        "change of one host": 4,  # can the platform change it, is the project there; change, test
        "destroy": 8,
    }
    plain = {"create": 6, "unchanged preview": 0, "refresh": 6, "change of one host": 1, "destroy": 6}
    assert calls == {
        **{("plain provider", operation): number for operation, number in plain.items()},
        **{
            (door, operation): number
            for door in ("previsionio", "previsionio, YAML")
            for operation, number in ours.items()
        },
    }
    for run in results["runs"]:
        assert run["seconds"] > 0
        assert run["state_bytes"] > 1000 or run["operation"] == "destroy"
        if run["contender"] != "OpenTofu":  # its runs may be over before anybody looks
            assert run["cli_memory"] > 10 * 2**20
    assert (
        "| 11 | 11 | 2 GET /connectors/ID/databases/crm/tables, 1 GET /projects/ID, 2 POST /connectors/ID/test, "
        in (tmp_path / "report.md").read_text()
    )
