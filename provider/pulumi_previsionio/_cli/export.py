"""`export`: a project of the platform as a Pulumi project."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from .._version import __version__
from . import manifest, matching, names, program, update_plan
from .connection import engine_for
from .errors import Declined, Failure
from .inventory import Inventory
from .literals import one_line
from .program import Program, Secrets

_MANY: Final = 10
"""Secrets that nobody wants to be asked for one by one."""


def project_files(
    inventory: Inventory,
    url: str,
    secrets: Secrets,
    *,
    with_project: bool = False,
    kept_names: Mapping[str, str] | None = None,
) -> tuple[Program, dict[str, str]]:
    """The program, and the text of every file of the Pulumi project by its name.

    `kept_names` are the resource names of objects by id, where an earlier program has some.
    """
    planned = program.name_resources(inventory, secrets, with_project=with_project, kept=kept_names or {})
    files = {
        "Pulumi.yaml": _project_file(planned, url),
        "requirements.txt": f"pulumi-previsionio>={__version__}\n",
        "__main__.py": program.write(planned),
        "import.json": manifest.text(planned, url),
        "README.md": _readme(planned, url),
    }
    return planned, files


def kept_names(folder: Path) -> dict[str, str]:
    """Id → name of the resources in an export that `folder` holds already.

    Another name would make another resource of what was adopted: those of the stack come first, then the file's.
    """
    names: dict[str, str] = {}
    with contextlib.suppress(Failure):
        names = {each.id: each.name for each in manifest.read(folder / "import.json").wanted}
    with contextlib.suppress(Failure):
        for resource in engine_for(folder, None).resources():
            if matching.is_managed(resource):
                names[resource["id"]] = update_plan.name_of(resource["urn"])
    return names


def write(folder: Path, files: Mapping[str, str], *, force: bool) -> None:
    """Write the files; `Declined` when one is there already, unless `force`. Each is there whole or not at all."""
    there = sorted(name for name in files if (folder / name).exists())
    if there and not force:
        raise Declined(f"{folder} holds files of the same names; nothing was written. --force replaces:", *there)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            Path(temporary).chmod(0o666 & ~_umask())
            Path(temporary).replace(folder / name)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def steps(planned: Program, folder: Path | None = None) -> list[str]:
    """The commands that take the objects over, in order."""
    lines = [f"cd {shlex.quote(str(folder))}"] if folder else []
    lines += ["pulumi stack init dev", "pulumi config set --secret previsionio:token"]
    lines += secret_lines(planned.places, planned.secrets)
    return [*lines, "pulumi-previsionio adopt", "pulumi up"]


def secret_lines(places: list[str], secrets: Secrets) -> list[str]:
    """One line for each secret that the platform does not tell: it asks for the value, or reads a key's file.

    Many for the stack's configuration are one line, which takes them from the environment.
    """
    if secrets == "config" and len(places) > _MANY:
        pairs = (f'--secret {place}="${names.variable_of(place)}"' for place in places)
        return [f"pulumi config set-all {' '.join(pairs)}"]
    return [_secret_line(place, secrets, program.is_key(place)) for place in places]


def _secret_line(place: str, secrets: Secrets, is_key: bool) -> str:
    if secrets == "env":
        return f'export {place}="$(cat key.json)"' if is_key else f"read -rs {place} && export {place}"
    return f"pulumi config set --secret {place}{' < key.json' if is_key else ''}"


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


_YAML_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})
"""What YAML does not take for text without quotes."""


def _project_file(planned: Program, url: str) -> str:
    project = planned.inventory.project
    name = "-".join(names.setting_words(project.name, "previsionio", ()))
    name = f'"{name}"' if name in _YAML_WORDS else name
    lines = [
        f"name: {name}",
        f"description: {json.dumps(f'The project {one_line(project.name, 50)} on Prevision.io', ensure_ascii=False)}",
        "runtime: python",
        "config:",
        f"  previsionio:url:\n    value: {json.dumps(url)}",
    ]
    if not planned.project:
        lines.append(f"  previsionio:projectId:\n    value: {json.dumps(project.id)}")
    return "\n".join(lines) + "\n"


def _about_secrets(planned: Program) -> list[str]:
    if planned.secrets == "config" and len(planned.places) > _MANY:
        return [
            "Put the secrets into those environment variables first. Or export again with `--secrets env`: then the",
            "program reads them from the environment, and they are in no state and no configuration.",
        ]
    return ["The commands that set a secret ask for it; `key.json` stands for the file of a service account's key."]


def _readme(planned: Program, url: str) -> str:
    project = planned.inventory.project
    title = one_line(project.name, 60).replace("`", "'")
    lines = [
        f"# {title}",
        "",
        f"The project `{title}` ({project.id}) on {url}, as a Pulumi program.",
        "",
        "To take the objects over, in an environment where `pulumi-previsionio` is installed:",
        "",
        *(f"    {line}" for line in steps(planned)),
        "",
        *_about_secrets(planned),
        "The token may be in `PREVISION_MASTER_TOKEN` instead.",
        "`adopt` touches nothing on the platform, and ends with a preview that must show no change.",
    ]
    if planned.inventory.left_out:
        lines += ["", "No resource can describe these, so they are not in the program:", ""]
        lines += [f"- {str(entry).replace('`', chr(39))}" for entry in planned.inventory.left_out]
    return "\n".join(lines) + "\n"
