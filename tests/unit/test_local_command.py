"""`pulumi-previsionio local`: the local platform where its extra is installed, else one line that names the extra."""

import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-m", "pulumi_previsionio._cli", "local"]


def test_it_is_the_local_platform_with_its_options() -> None:
    done = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, check=False)

    assert done.returncode == 0
    assert "--s3-endpoint" in done.stdout


def test_without_the_extra_one_line_names_it(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util\n"
        "find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name: None if name == 'previsionio_local' else find(name)\n"
    )
    done = subprocess.run(COMMAND, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(tmp_path)})

    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr == ("Error: the local platform is not installed: pip install 'pulumi-previsionio[local]'\n")
