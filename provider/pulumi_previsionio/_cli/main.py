"""The command line of `pulumi-previsionio`."""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

import click
from click.shell_completion import get_completion_class

from .._core.context import Context
from .._errors import PrevisionError
from .._platform.collections import CONNECTORS, DATASETS, DATASOURCES, PROJECTS, Collection
from .._platform.settings import PROJECT_SETTING, SETTINGS
from .._version import __version__
from . import adopt as adopt_
from . import doctor as doctor_
from . import export as export_
from . import inventory, manifest, signals
from . import orphans as orphans_
from . import status as status_
from .connection import connect, engine_for, has_project
from .console import Console, count
from .errors import Declined, Exit, Failure, NotDeclared
from .literals import one_line
from .program import Secrets
from .verdicts import Tested, judge

NAME = "pulumi-previsionio"
Command = TypeVar("Command", bound=Callable[..., Any])

_SETTINGS = "\n".join(f"  {each.full_key:<30}{each.variable:<29}{each.title}" for each in SETTINGS)
EPILOG = f"""\b
Settings are found as by the provider: stack configuration, then environment.
{_SETTINGS}
\b
Exit codes:
  0  done
  1  failed: the platform, the engine, or a setting that is missing
  2  wrong usage
  3  refused, and nothing was touched: what would be overwritten, lost or changed is listed
  4  adopted, but the preview shows changes
  5  orphans: there are some; test: something does not work; doctor: something is wrong
"""


def main() -> NoReturn:
    """Run the command; every end is one of the exit codes of `--help`."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a narrow terminal must not end the work
    signals.end_by_exception()
    console = Console()
    try:
        code = cli.main(prog_name=NAME, standalone_mode=False, obj=console)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = 128 + signal.SIGINT
    except signals.Interrupted as interrupted:
        console.say("interrupted")
        code = 128 + interrupted.number
    except Failure as failure:
        lines = failure.lines if isinstance(failure, NotDeclared) else None
        console.failed(str(failure), failure.details, failure.code, lines)
        code = failure.code
    except PrevisionError as error:
        console.failed(str(error), (), Exit.FAILED)
        code = Exit.FAILED
    sys.exit(code or 0)


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name=NAME)
def cli() -> None:
    """Take Prevision.io objects over into Pulumi, and see that everything is in order."""


def _with_console(command: Command) -> Command:
    """Adds `--json`, and hands the command its console."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for machines.")
    @click.pass_obj
    @functools.wraps(command)
    def with_console(console: Console, /, as_json: bool, **options: Any) -> Any:
        console.as_json = as_json
        return command(console, **options)

    return cast("Command", with_console)


_cwd = click.option(
    "--cwd",
    "-C",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="The Pulumi project's folder, instead of the current one.",
)
_project_id = click.option(
    "--project-id", metavar="ID", help="The project on the platform. Default: the default project."
)
_stack = click.option("--stack", "-s", help="The stack, instead of the selected one.")
_stacks = click.option(
    "--stack",
    "-s",
    "stacks",
    multiple=True,
    help="A stack that may hold objects; repeat it for more. Default: all stacks of this Pulumi project.",
)
_secrets = click.option(
    "--secrets",
    type=click.Choice(["config", "env"]),
    default="config",
    show_default=True,
    help="Where the program has secrets from: the stack's configuration, or the environment, "
    "which keeps them out of the state.",
)


@cli.command()
@_project_id
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="The folder; made if it is not there.",
)
@_secrets
@click.option("--with-project", is_flag=True, help="Make the project itself a resource too, which `destroy` deletes.")
@click.option(
    "--force",
    is_flag=True,
    help="Replace files that are there already. What was exported or adopted there keeps its resource names.",
)
@_stack
@_cwd
@_with_console
def export(
    console: Console,
    project_id: str | None,
    out: Path,
    secrets: Secrets,
    with_project: bool,
    force: bool,
    stack: str | None,
    cwd: Path,
) -> None:
    """Write a project on the platform as a Pulumi program.

    The folder gets a Pulumi project: the program, `import.json`, which says which object each resource is, and a
    README with the commands that take the objects over. The platform is only read.
    """
    with console.working("reading the project"):
        context, project_id = _project(console, cwd, stack, project_id)
        found = inventory.take(context.session, project_id, with_project=with_project)
    kept = export_.kept_names(out) if force else {}
    planned, files = export_.project_files(
        found, context.session.url, secrets, with_project=with_project, kept_names=kept
    )
    export_.write(out, files, force=force)
    steps = export_.steps(planned, out)
    resources = len(planned.entries) + with_project
    data = {
        "folder": str(out),
        "files": list(files),
        "resources": resources,
        "left_out": [
            {"type": each.noun, "id": each.id, "name": each.name, "reason": each.reason} for each in found.left_out
        ],
        "secrets": planned.places,
        "steps": steps,
    }
    left_out = [f"not in the program: {each}" for each in found.left_out]
    console.say(*left_out)
    console.result(data, f"# {count(resources, 'resource')} written to {out}. To take them over:", *steps)


@cli.command()
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    default="import.json",
    show_default=True,
    help="Which object each resource is, as `export` writes it.",
)
@click.option("--connector", metavar="ID", help="Adopt this one connector, as the resource --as.")
@click.option("--datasource", metavar="ID", help="Adopt this one data source, as the resource --as.")
@click.option("--dataset", metavar="ID", help="Adopt this one dataset, as the resource --as.")
@click.option("--project", metavar="ID", help="Adopt this one project, as the resource --as.")
@click.option("--as", "name", metavar="NAME", help="The name of the resource that the one object becomes.")
@click.option("--allow-other-changes", is_flag=True, help="Adopt although the program makes other changes as well.")
@_secrets
@_stack
@_cwd
@_with_console
def adopt(
    console: Console,
    file: Path,
    name: str | None,
    allow_other_changes: bool,
    secrets: Secrets,
    stack: str | None,
    cwd: Path,
    **ids: str | None,
) -> None:
    """Put existing objects under the stack, ending in a preview that shows no change.

    Without further options: everything in `import.json` that the program declares. Secrets come from where the program
    has them. What the stack holds already is skipped, so it does no harm to run this again.

    With one object and --as: when the program declares that resource, it is adopted; else the lines to paste are
    printed, and the same command adopts it once they are in the program. Other changes of the program do not matter.

    Nothing on the platform is touched, and nothing is imported unless the program says what the platform has.
    """
    given = [(_COLLECTIONS[option], id_) for option, id_ in ids.items() if id_ is not None]
    if len(given) > 1 or bool(given) != (name is not None):
        raise click.UsageError("one object is adopted with one of the options that take an ID, and --as NAME")
    adoption = adopt_.Adoption(engine_for(cwd, stack), console, allow_other_changes=allow_other_changes)
    if given and name is not None:
        adoption.one(*given[0], name, secrets)
    else:
        adoption.all(manifest.read(cwd / file))


_COLLECTIONS: dict[str, Collection] = {
    "connector": CONNECTORS,
    "datasource": DATASOURCES,
    "dataset": DATASETS,
    "project": PROJECTS,
}


@cli.command()
@_stacks
@click.option("--project-id", "projects", multiple=True, metavar="ID", help="Look here too; may be repeated.")
@click.option("--delete", is_flag=True, help="Delete them, asking before each.")
@click.option("--yes", is_flag=True, help="With --delete: do not ask.")
@_cwd
@_with_console
def orphans(
    console: Console, stacks: tuple[str, ...], projects: tuple[str, ...], delete: bool, yes: bool, cwd: Path
) -> None:
    """List objects on the platform that no stack holds, such as what a killed `pulumi up` left.

    Looks into every project that the stacks use, and the default one. An object that somebody made by hand, or that a
    stack of another Pulumi project holds, is listed as well: name those stacks too, with --stack
    (organization/project/stack), before you delete anything.
    """
    if delete and not yes and not sys.stdin.isatty():
        raise click.UsageError("--delete asks before each deletion, which needs a terminal; or give --yes")
    engine = engine_for(cwd, None)
    with console.working("reading the stacks"):
        names = list(stacks) or engine.stacks()
        deployments = [engine.deployment(name) for name in names]
    with console.working("reading the platform"):
        context = connect(cwd, stacks[0] if stacks else None, console)
        session, default = context.session, context.settings.project_id
        held = orphans_.held_by(deployments, session.url)
        found = orphans_.find(session, dict.fromkeys([*held.projects, *projects, *filter(None, [default])]), held)
    if held.elsewhere:
        console.say(f"not looked at: {count(held.elsewhere, 'object')} of these stacks on other platforms")
    console.say(*(f"the project {project_id} is no longer on the platform" for project_id in found.gone_projects))
    deleted, kept = [], []
    for orphan in found.orphans if delete else ():
        if not (yes or click.confirm(f"Delete {orphan}?", err=True)):
            kept.append(orphan)
            continue
        with console.working(f"deleting {orphan.noun} {orphan.id}"):
            reason = orphans_.delete(session, orphan)
        if reason:
            console.say(f"not deleted: {orphan.noun} {orphan.id}: {one_line(reason)}")
            kept.append(orphan)
        else:
            deleted.append(orphan)
    remaining = kept if delete else list(found.orphans)
    data = {
        "stacks": names,
        "gone_projects": list(found.gone_projects),
        "orphans": [orphan.as_json() for orphan in remaining],
        "deleted": [orphan.as_json() for orphan in deleted],
    }
    closing = f"{count(len(remaining), 'orphan')} beside what {', '.join(names) or 'no stack'} holds"
    console.result(data, *(f"deleted: {orphan}" for orphan in deleted), *map(str, remaining), closing)
    if remaining:
        sys.exit(Exit.FOUND)


@cli.command()
@_stacks
@_project_id
@_cwd
@_with_console
def status(console: Console, stacks: tuple[str, ...], project_id: str | None, cwd: Path) -> None:
    """Show a project's connectors, data sources and datasets in one table.

    Whether each works, which the platform tests now; when it was made; the rows and the size of each dataset, where the
    platform tells them; and which stack of this Pulumi project holds it.
    """
    deployments = _deployments(console, cwd, stacks)
    with console.working("reading the project"):
        context, project_id = _project(console, cwd, stacks[0] if stacks else None, project_id)
        objects = status_.objects(context.session, project_id, status_.ALL)
    found = status_.rows(
        context.session, _tested(console, context, objects), status_.holders(deployments, context.session.url)
    )
    console.result(
        {"project_id": project_id, "objects": [dataclasses.asdict(row) for row in found]},
        *(status_.table(found) if found else ["the project is empty"]),
    )


@cli.command()
@click.argument("names", nargs=-1)
@_project_id
@_stack
@_cwd
@_with_console
def test(console: Console, names: tuple[str, ...], project_id: str | None, stack: str | None, cwd: Path) -> None:
    """Have the platform test connectors and data sources now, for schedules.

    NAMES are names or ids on the platform; without any, all of the project are tested. The exit code is 0 when all work
    and 5 when one does not.
    """
    with console.working("reading the project"):
        context, project_id = _project(console, cwd, stack, project_id)
        objects = status_.chosen(context.session, project_id, names)
    data, lines, all_good = status_.report(_tested(console, context, objects))
    console.result({"project_id": project_id, "objects": data}, *lines)
    if not all_good:
        sys.exit(Exit.FOUND)


def _project(console: Console, cwd: Path, stack: str | None, project_id: str | None) -> tuple[Context, str]:
    """What leads to the platform, and the project that is meant."""
    context = connect(cwd, stack, console)
    project_id = project_id or context.settings.project_id
    if not project_id:
        raise Failure(f"no project: give --project-id, or set {PROJECT_SETTING.full_key} or {PROJECT_SETTING.variable}")
    return context, project_id


def _deployments(console: Console, cwd: Path, stacks: tuple[str, ...]) -> dict[str, Any]:
    """The states of the stacks, by their names; none outside of a Pulumi project."""
    if not has_project(cwd) and not stacks:
        return {}
    engine = engine_for(cwd, None)
    with console.working("reading the stacks"):
        return {name: engine.deployment(name) for name in stacks or engine.stacks()}


def _tested(console: Console, context: Context, objects: Sequence[tuple[Collection, Any]]) -> list[Tested]:
    with console.working("testing") as tell:
        return judge(
            context.session,
            objects,
            context.settings.parallelism,
            lambda number: tell(f"{number} of {len(objects)}"),
        )


@cli.command()
@_stack
@_cwd
@_with_console
def doctor(console: Console, stack: str | None, cwd: Path) -> None:
    """Check the surroundings: settings, platform, token, engine. Says what to do about what is wrong."""
    lines = []
    with console.working("checking"):
        for line in doctor_.examine(cwd, stack, console):
            lines.append(line)
            if not console.as_json:
                console.result({}, str(line))
    wrong = [line for line in lines if line.good is False]
    if console.as_json:
        fields = ("title", "finding", "good", "advice")
        console.result({"lines": [{name: getattr(line, name) for name in fields} for line in lines]})
    if wrong:
        sys.exit(Exit.FOUND)


@cli.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def local(options: tuple[str, ...]) -> None:
    """Start the local platform, for development and tests. Takes the options of `previsionio-local`.

    It is an extra: pip install 'pulumi-previsionio[local]'
    """
    if importlib.util.find_spec("previsionio_local") is None:
        raise Declined("the local platform is not installed: pip install 'pulumi-previsionio[local]'")
    os.execv(sys.executable, [sys.executable, "-m", "previsionio_local", *options])  # noqa: S606


@cli.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that completes this command, for a shell to evaluate at its start.

    bash: eval "$(pulumi-previsionio completion bash)" in ~/.bashrc
    """
    complete = get_completion_class(shell)
    if complete is None:
        raise Declined(f"no completion for {shell}")
    click.echo(complete(cli, {}, NAME, "_PULUMI_PREVISIONIO_COMPLETE").source())
