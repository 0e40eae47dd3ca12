"""The benchmark itself, small: that it measures what it says. How fast anything is depends on the machine."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_benchmark_runs_all_three_side_by_side_and_reports(engine: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "--quick", f"--out={tmp_path}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

    runs = json.loads((tmp_path / "results.json").read_text())
    calls = {(run["provider"], run["operation"]): sum(run["calls"].values()) for run in runs}
    assert calls == {
        **{("no-op", operation): 0 for _, operation in calls},
        ("naive", "create"): 6,
        ("naive", "unchanged preview"): 0,
        ("naive", "refresh"): 6,
        ("naive", "change of one host"): 1,
        ("naive", "destroy"): 6,
        ("previsionio", "create"): 10,  # each object; two tests, two lists of tables
        ("previsionio", "unchanged preview"): 0,
        ("previsionio", "refresh"): 4,
        ("previsionio", "change of one host"): 3,
        ("previsionio", "destroy"): 7,
    }
    for run in runs:
        assert run["seconds"] > 0
        assert run["cli_memory"] > 10 * 2**20
    assert "| create | 6 | 10 |" in (tmp_path / "results.md").read_text()
    assert (tmp_path / "results.png").read_bytes().startswith(b"\x89PNG")
