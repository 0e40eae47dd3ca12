"""The same objects under OpenTofu with a generic REST provider, at its default parallelism of ten.

It takes part where `tofu` (github.com/opentofu/opentofu, measured with 1.12.6) and `terraform-provider-restapi`
(github.com/Mastercard/terraform-provider-restapi, 1.20.0) are on the PATH. Nothing is downloaded: the provider is used
as it lies there, a development override.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from benchmarks.contract_server import DATABASE
from benchmarks.programs import CHANGED_HOST, HOST, PASSWORD, Size
from tests.contract import API, PROJECT, TOKEN

COMMAND: Final = "tofu"
PLUGIN: Final = "terraform-provider-restapi"
_TIMEOUT: Final = 300.0


def is_here() -> bool:
    return bool(shutil.which(COMMAND) and shutil.which(PLUGIN))


def version() -> str:
    done = subprocess.run(
        [COMMAND, "version", "-json"], env={"PATH": os.environ["PATH"]}, stdout=subprocess.PIPE, check=True
    )
    return str(json.loads(done.stdout)["terraform_version"])


def operations(size: Size, folder: Path, url: str) -> Mapping[str, Callable[[], float]]:
    """What does each operation on a new stack in `folder`; returns its seconds, fails when something else was done."""
    plugin = shutil.which(PLUGIN)
    assert plugin
    settings = folder / "settings.tfrc"
    settings.write_text(
        f'provider_installation {{ dev_overrides {{ "Mastercard/restapi" = "{Path(plugin).resolve().parent}" }} }}\n'
    )

    def run(expected: dict[str, int], *arguments: str, host: str = HOST) -> float:
        (folder / "main.tf").write_text(_configuration(size, url, host))
        started = time.monotonic()
        done = subprocess.run(
            [COMMAND, *arguments, "-json", "-input=false"],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "TF_CLI_CONFIG_FILE": str(settings)},
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            start_new_session=True,
            check=False,
        )
        seconds = time.monotonic() - started
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        assert _changes(done.stdout) == expected, f"{arguments}: {done.stdout}"
        return seconds

    everything = size.objects
    return {
        "create": lambda: run({"add": everything}, "apply", "-auto-approve"),
        "unchanged preview": lambda: run({}, "plan"),
        "refresh": lambda: run({}, "apply", "-refresh-only", "-auto-approve"),
        "change of one host": lambda: run({"change": 1}, "apply", "-auto-approve", host=CHANGED_HOST),
        "destroy": lambda: run({"remove": everything}, "destroy", "-auto-approve"),
    }


def _configuration(size: Size, url: str, host: str) -> str:
    return f"""\
terraform {{
  required_providers {{ restapi = {{ source = "Mastercard/restapi" }} }}
}}

provider "restapi" {{
  uri                  = "{url}"
  headers              = {{ Authorization = "{TOKEN}" }}
  id_attribute         = "_id"
  write_returns_object = true
}}

resource "restapi_object" "connector" {{
  count       = {size.connectors}
  path        = "{API}/connectors"
  create_path = "{API}/projects/{PROJECT}/connectors"
  data = jsonencode({{
    name     = "c${{count.index}}"
    type     = "SQL"
    host     = count.index == 0 ? "{host}" : "{HOST}"
    port     = 3306
    username = "reader"
    password = "{PASSWORD}"
  }})
}}

resource "restapi_object" "datasource" {{
  count       = {size.connectors * size.datasources_each}
  path        = "{API}/data-sources"
  create_path = "{API}/projects/{PROJECT}/data-sources"
  data = jsonencode({{
    name         = "t${{count.index}}"
    connector_id = restapi_object.connector[floor(count.index / {size.datasources_each})].id
    database     = "{DATABASE}"
    table        = "t${{count.index % {size.datasources_each}}}"
  }})
}}
"""


def _changes(events: str) -> dict[str, int]:
    """What the last summary counts."""
    summaries = (json.loads(line) for line in events.splitlines() if '"change_summary"' in line)
    *_, last = summaries
    return {what: last["changes"][what] for what in ("add", "change", "remove") if last["changes"][what]}
