"""The real `pulumi` command for tests: a stack in a folder of its own, and typed results of each run.

    def test_up(stack: Stack) -> None:
        up = stack.up('''
            import pulumi_previsionio as previsionio
            previsionio.FTPConnector("files", host="ftp.example.org", username="u", password="p")
        ''')
        assert up.ops == {"files": "create"}

Steps, diffs and diagnostics come from the engine's own event log, so nothing is read out of text made for people;
that text is in `stdout`, for tests of what people see.
"""

import atexit
import dataclasses
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

from tests.engine import vault

TIMEOUT = 120.0
"""Seconds for one run. The engine needs one or two."""

PASSPHRASE = "only for tests"

PLUGIN = f"""\
plugins:
  providers:
    - name: previsionio
      path: {Path(sys.prefix) / "bin"}
"""
"""Where the engine finds the native plugin: in the virtual environment of the tests."""

QUICK_PIP = Path(__file__).with_name("quick_pip")
"""Spares each run of a program the second that `pip list` takes."""

QUICK_GO = {"GOGC": "off", "GOMEMLIMIT": "512MiB"}
"""Spares the engine a tenth of its time: its processes are short, and look for no garbage until they hold that much."""

AS_FOR_USERS = {"QUICK_PIP_PREFIX": "", "GOGC": "100", "GOMEMLIMIT": "off"}
"""An environment for a stack whose runs are spared nothing, not even the key that is made of a passphrase."""

ENGINE_TYPES = ("pulumi:pulumi:Stack", "pulumi:providers:")
"""Resources that the engine makes itself; they are in no result."""

REPLACEMENT_OPS = frozenset({"create-replacement", "replace", "delete-replaced"})
"""The steps that the engine splits one replacement into."""


@dataclass(frozen=True)
class Step:
    """One operation on one resource, as the engine announced it (preview) or finished it (all else)."""

    op: str
    """The engine's word: create, update, same, delete, create-replacement, replace, delete-replaced, read, …"""
    urn: str
    type: str
    diff: Mapping[str, str]
    """Property path → add, delete, update, add-replace, delete-replace or update-replace."""
    replace_keys: tuple[str, ...]
    """The properties whose change asks for a replacement."""
    old: Mapping[str, Any] | None = field(repr=False)
    """State before: `id`, `inputs`, `outputs`; secrets are `{…: …, "ciphertext": "[secret]"}`."""
    new: Mapping[str, Any] | None = field(repr=False)

    @property
    def name(self) -> str:
        return self.urn.rsplit("::", 1)[1]


@dataclass(frozen=True)
class Diagnostic:
    """A message for the person at the terminal: severity `info`, `info#err`, `warning` or `error`."""

    severity: str
    message: str
    urn: str
    """Of the resource that it is about, else empty."""


@dataclass(frozen=True)
class Run:
    """One finished run of the command."""

    command: tuple[str, ...]
    exit_code: int
    stdout: str = field(repr=False)
    stderr: str = field(repr=False)
    seconds: float
    events: Sequence[Mapping[str, Any]] = field(repr=False, default=())
    """The engine's event log: all of it, debug messages included, secrets hidden."""
    events_before: Sequence[Mapping[str, Any]] = field(repr=False, default=())
    """That of the preview which `pulumi up` began with."""

    @cached_property
    def announced(self) -> "Run":
        """The preview which `pulumi up` began with."""
        return dataclasses.replace(self, events=self.events_before, events_before=())

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The operations on the program's resources, in order of completion; failed ones are in `failed`."""
        return tuple(self._steps("resOutputsEvent"))

    @cached_property
    def failed(self) -> tuple[Step, ...]:
        """The operations that failed."""
        return tuple(self._steps("resOpFailedEvent"))

    @cached_property
    def ops(self) -> dict[str, str]:
        """Resource name → what happened to it, the steps of a replacement put together as `replace`."""
        ops: dict[str, set[str]] = {}
        for step in self.steps:
            ops.setdefault(step.name, set()).add("replace" if step.op in REPLACEMENT_OPS else step.op)
        for found in ops.values():  # `up --refresh` reads each resource before it does anything to it
            if len(found) > 1:
                found.discard("refresh")
        return {name: " + ".join(sorted(found)) for name, found in ops.items()}

    @property
    def changes(self) -> dict[str, str]:
        """`ops` without the resources that stay as they are."""
        return {name: op for name, op in self.ops.items() if op not in ("same", "refresh", "read")}

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        found = (event["diagnosticEvent"] for event in self.events if "diagnosticEvent" in event)
        return tuple(
            Diagnostic(event["severity"], event["message"].strip("\n"), event.get("urn", ""))
            for event in found
            if event["severity"] != "debug"
        )

    @property
    def errors(self) -> list[str]:
        """The error messages, without the engine's closing "update failed"."""
        return [d.message for d in self.diagnostics if d.severity == "error" and d.message != "update failed"]

    @property
    def warnings(self) -> list[str]:
        return [d.message for d in self.diagnostics if d.severity == "warning"]

    @property
    def everything(self) -> str:
        """All that the run let out, for a search for what must not be there."""
        events = json.dumps([*self.events_before, *self.events], ensure_ascii=False)
        return "\n".join([self.stdout, self.stderr, events])

    def _steps(self, kind: str) -> list[Step]:
        steps = []
        for event in self.events:
            if kind not in event:
                continue
            data = event[kind]["metadata"]
            if data["type"].startswith(ENGINE_TYPES):
                continue
            diff = data.get("detailedDiff") or {}
            steps.append(
                Step(
                    op=data["op"],
                    urn=data["urn"],
                    type=data["type"],
                    diff={path: change["diffKind"] for path, change in diff.items()},
                    replace_keys=tuple(data.get("keys") or ()),
                    old=data.get("old"),
                    new=data.get("new"),
                )
            )
        return steps


@dataclass
class Stack:
    """A project with one stack, a file backend, and an environment of its own, all below `home`.

    Nothing of the tester's own environment gets in but PATH: no PREVISION_* and no PULUMI_* setting, no login. What a
    program needs goes into `environment`, or into the stack's configuration by `config`.
    """

    home: Path
    engine: Path
    """The folder that holds `pulumi`."""
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    project: str = "test"
    name: str = "dev"

    def __post_init__(self) -> None:
        if self.environment or _is_template(self.home):
            for folder in (self.folder, self._backend, self.home / "pulumi"):
                folder.mkdir(parents=True)
            self.describe_project("python")
            self.cli("stack", "init", self.name, *([] if self.environment else [vault.PROVIDER]))
        else:
            _copy(_new_stack(self.engine, self.project, self.name), self)

    @property
    def folder(self) -> Path:
        """The project's folder: Pulumi.yaml, __main__.py, and what a test puts beside them."""
        return self.home / "project"

    def describe_project(self, runtime: str, *, plugin: bool = False, rest: str = "") -> None:
        """Writes Pulumi.yaml; `plugin` says where the native plugin is, as the README has it."""
        where = PLUGIN if plugin else ""
        (self.folder / "Pulumi.yaml").write_text(f"name: {self.project}\nruntime: {runtime}\n{where}{rest}")

    def program(self, text: str) -> None:
        """Sets the program that the next runs run."""
        (self.folder / "__main__.py").write_text(textwrap.dedent(text))

    def preview(self, program: str | None = None, *flags: str, expect_failure: bool | None = False) -> Run:
        """`pulumi preview`; what it announces is in `steps` and `ops`."""
        return self._operate("preview", program, flags, expect_failure=expect_failure)

    def up(
        self, program: str | None = None, *flags: str, preview: bool = False, expect_failure: bool | None = False
    ) -> Run:
        """`pulumi up`, without its preview unless asked for (half the time); what that said is in `announced`."""
        return self._operate("up", program, ("--yes", *_skip(preview), *flags), expect_failure=expect_failure)

    def up_as_previewed(self, program: str | None = None) -> Run:
        """`up` with its preview; fails unless it does exactly what that announced."""
        done = self.up(program, preview=True)
        assert _signature(done) == _signature(done.announced), f"announced: {done.announced.ops}\ndone: {done.ops}"
        return done

    def changes_to_come(self) -> dict[str, str]:
        """What would change if the state were compared with the platform first, and the program with the state then."""
        return self.preview(None, "--refresh").changes

    def refresh(self, *flags: str, preview: bool = False, expect_failure: bool | None = False) -> Run:
        """`pulumi refresh`; `ops` says update where the platform differed from the state."""
        return self._operate("refresh", None, ("--yes", *_skip(preview), *flags), expect_failure=expect_failure)

    def destroy(self, *flags: str, preview: bool = False, expect_failure: bool | None = False) -> Run:
        """`pulumi destroy`."""
        return self._operate("destroy", None, ("--yes", *_skip(preview), *flags), expect_failure=expect_failure)

    def import_file(self, file: Path, *flags: str, expect_failure: bool | None = False) -> Run:
        """`pulumi import --file`, without generated code, which there is none of for dynamic resources."""
        all_flags = ("--file", str(file), "--yes", "--skip-preview", "--generate-code=false", "--protect=false", *flags)
        return self._operate("import", None, all_flags, expect_failure=expect_failure)

    def config(self, key: str, value: str, *, secret: bool = False) -> None:
        """Sets a value of the stack's configuration; `key` with its namespace, unless it is the project's."""
        self.cli("config", "set", key, *(["--secret"] if secret else ["--plaintext"]), stdin=value)

    def outputs(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's outputs."""
        run = self.cli("stack", "output", "--json", *(["--show-secrets"] if show_secrets else []))
        outputs: dict[str, Any] = json.loads(run.stdout)
        return outputs

    def export(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's whole state, as `pulumi stack export` writes it."""
        if show_secrets:
            return dict(json.loads(self.cli("stack", "export", "--show-secrets").stdout))
        # The file that it is taken from: a process less for each look.
        project = yaml.safe_load((self.folder / "Pulumi.yaml").read_text())["name"]
        kept = json.loads((self._backend / ".pulumi" / "stacks" / project / f"{self.name}.json").read_text())
        return {"version": kept["version"], "deployment": kept["checkpoint"]["latest"]}

    def resources(self, *, show_secrets: bool = False) -> dict[str, dict[str, Any]]:
        """Name → state of the program's resources."""
        resources = self.export(show_secrets=show_secrets)["deployment"].get("resources", [])
        return {r["urn"].rsplit("::", 1)[1]: r for r in resources if not r["type"].startswith(ENGINE_TYPES)}

    def pending_operations(self) -> list[dict[str, Any]]:
        """What an interrupted run left open."""
        pending: list[dict[str, Any]] = self.export()["deployment"].get("pending_operations") or []
        return pending

    def cli(self, *arguments: str, stdin: str | None = None, expect_failure: bool | None = False) -> Run:
        """Any command of the CLI, on this stack's project. Fails with all that was printed if it fails or hangs.

        `expect_failure` says that it must fail; None that it may.
        """
        started = time.monotonic()
        process = subprocess.Popen(
            [self.engine / "pulumi", *arguments, "--non-interactive", "--color=never"],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            stdout, stderr = process.communicate(stdin, timeout=TIMEOUT)
        except BaseException as error:
            kill_session(process.pid)
            stdout, stderr = process.communicate()
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            message = f"pulumi {' '.join(arguments)}: no end after {TIMEOUT} s\n{stdout}\n{stderr}"
            raise AssertionError(message) from None
        run = Run(arguments, process.returncode, stdout, stderr, time.monotonic() - started)
        if expect_failure is not None and (run.exit_code != 0) != expect_failure:
            raise AssertionError(f"pulumi {' '.join(arguments)}: exit code {run.exit_code}\n{stdout}\n{stderr}")
        return run

    def _operate(self, command: str, program: str | None, flags: Sequence[str], *, expect_failure: bool | None) -> Run:
        if program is not None:
            self.program(program)
        with _event_log(self.home / "events") as (log, events):
            run = self.cli(command, *flags, f"--event-log={log}", expect_failure=expect_failure)
        end = next((number for number, event in enumerate(events, 1) if "cancelEvent" in event), None)
        before, rest = events[:end], events[end:] if end else []
        return dataclasses.replace(run, events=rest or before, events_before=before if rest else [])

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.pathsep.join([str(Path(sys.prefix) / "bin"), str(self.engine), os.environ["PATH"]]),
            "HOME": str(self.home),
            "PULUMI_HOME": str(self.home / "pulumi"),
            "PULUMI_BACKEND_URL": f"file://{self._backend}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DEBUG_COMMANDS": "true",  # for --event-log
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            **vault.environment(),
            **QUICK_GO,
            **with_quick_pip(self.environment),
        }

    @property
    def path(self) -> str:
        """The PATH that its commands see."""
        return self._environment()["PATH"]

    @property
    def _backend(self) -> Path:
        return self.home / "state"


@contextmanager
def _event_log(pipe: Path) -> Iterator[tuple[Path, list[dict[str, Any]]]]:
    """A named pipe, and the events that were written to it: a file would keep only those of the last operation."""
    os.mkfifo(pipe)
    events: list[dict[str, Any]] = []
    held = os.open(pipe, os.O_RDWR)  # so that it does not end before the command does
    with pipe.open() as lines:  # not splitlines(), which also splits where a name holds U+0085
        whole = (json.loads(line) for line in lines if line.endswith("\n"))  # a killed command may leave half a line
        reader = threading.Thread(target=lambda: events.extend(whole))
        reader.start()
        try:
            yield pipe, events
        finally:
            os.close(held)
            reader.join()
            pipe.unlink()


@cache
def _folder() -> Path:
    """For what all stacks of this process share; gone when it ends."""
    folder = Path(tempfile.mkdtemp(prefix="pulumi-cli-")).resolve()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _is_template(home: Path) -> bool:
    return home.parent == _folder()


@cache
def _new_stack(engine: Path, project: str, name: str) -> Stack:
    """A stack on which nothing has run, to be copied: `pulumi stack init` takes as long as an empty program."""
    return Stack(_folder() / f"{project}-{name}", engine, project=project, name=name)


def _copy(template: Stack, stack: Stack) -> None:
    """Make `stack` a copy of `template`. The engine keeps which stack is selected by a hash of the project's path."""
    shutil.copytree(template.home, stack.home, dirs_exist_ok=True)
    was, is_ = (hashlib.sha1(bytes(each.folder / "Pulumi.yaml")).hexdigest() for each in (template, stack))
    selected = stack.home / "pulumi" / "workspaces" / f"{stack.project}-{was}-workspace.json"
    text = selected.read_text().replace(str(template._backend), str(stack._backend))
    selected.with_name(f"{stack.project}-{is_}-workspace.json").write_text(text)
    selected.unlink()


@cache
def _pip_list() -> Path:
    """The file with what `pip list` says of the virtual environment of the tests."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "list", "-v", "--format", "json"], stdout=subprocess.PIPE, check=True
    )
    file = _folder() / "pip-list.json"
    file.write_bytes(listed.stdout)
    return file


def with_quick_pip(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment, in which `pip list` of the virtual environment of the tests is answered at once."""
    folders = [str(QUICK_PIP), *filter(None, [environment.get("PYTHONPATH")])]
    answer = {"QUICK_PIP_LIST": str(_pip_list()), "QUICK_PIP_PREFIX": sys.prefix}
    return {**answer, **environment, "PYTHONPATH": os.pathsep.join(folders)}


def _skip(preview: bool) -> tuple[str, ...]:
    return () if preview else ("--skip-preview",)


def _signature(run: Run) -> list[tuple[str, str, tuple[str, ...], tuple[tuple[str, str], ...]]]:
    # The engine names the keys in no particular order.
    return sorted((s.urn, s.op, tuple(sorted(s.replace_keys)), tuple(sorted(s.diff.items()))) for s in run.steps)


def kill_session(session: int) -> None:
    """Kills a run with all its plugins, which are in process groups of their own, and returns when all are dead.

    The command first: it would see its plugins die, and write down what they had done until then.
    """
    with suppress(OSError):
        os.kill(session, signal.SIGKILL)
    while living := _living(session):
        for pid in living:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)  # a killed process dies when it is next scheduled


def _living(session: int) -> list[int]:
    """The processes of a session that are not dead."""
    living = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _parent, _group, its_session = stat.read_text().rpartition(")")[2].split()[:4]
            if int(its_session) == session and state not in "ZX":
                living.append(int(stat.parent.name))
    return living
