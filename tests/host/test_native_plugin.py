"""Every method of the plugin over gRPC, as the engine calls them."""

import itertools
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import engine_pb2_grpc
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi_previsionio._core.engine_memory import DEFAULT_NAME
from pulumi_previsionio._core.kind import Kind
from pulumi_previsionio._core.names import camel
from pulumi_previsionio._native.codec import UNKNOWN_TEXT
from pulumi_previsionio._platform.calls_in_flight import START

from tests.host.native_plugin import COMMAND, NativePlugin, plain, secret, secrets_in, struct, urn
from tests.host.provider_host import PROVIDER
from tests.host.test_parallelism import ENOUGH, PATIENT, Together, growing, new_id
from tests.secret_search import leaked, planted, planted_in_ascii
from tests.unit.examples import KINDS, inputs
from tests.unit.fake_platform import PROJECT, TOKEN, FakePlatform
from tests.unit.scripted_server import Answer, Request, ScriptedServer

PLANTED, PLANTED_TOKEN, PLANTED_HOST = planted(), planted_in_ascii(), planted_in_ascii()
NONE, SOME = pb.DiffResponse.DIFF_NONE, pb.DiffResponse.DIFF_SOME
SQL = "SQLConnector"


@pytest.fixture(scope="module")
def fake() -> Iterator[FakePlatform]:
    with FakePlatform() as fake:
        fake.token = PLANTED_TOKEN
        yield fake


def config_of(fake: FakePlatform, **changes: Any) -> dict[str, Any]:
    return {"url": fake.url, "token": fake.token, "projectId": PROJECT, **changes}


@pytest.fixture(autouse=True)
def one_broken_host(fake: FakePlatform) -> None:
    fake.broken["broken.example"] = "no route to host"


@pytest.fixture(scope="module")
def plugin(fake: FakePlatform) -> Iterator[NativePlugin]:
    with NativePlugin(config_of(fake)) as plugin:
        yield plugin


def given(kind: Kind, **changes: Any) -> dict[str, Any]:
    """What a program gives for a kind, by the engine's names."""
    values = inputs(kind, platform_url=None, **changes)
    return {camel(name): value for name, value in values.items()}


def sql(fake: FakePlatform, **changes: Any) -> dict[str, Any]:
    """The state of an SQL connector."""
    return {
        **given(KINDS[0], password=secret(PLANTED)),
        "testConnection": True,
        "forceDestroy": False,
        "platformUrl": fake.url,
        **changes,
    }


def without(state: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in state.items() if name not in names}


def refusal(call: Callable[[], Any]) -> str:
    """What the engine is told of a call that failed."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    assert caught.value.code() is grpc.StatusCode.UNKNOWN
    return str(caught.value.details())


def reasons(answer: Any) -> list[str]:
    assert {failure.property for failure in answer.failures} <= {""}
    return [failure.reason for failure in answer.failures]


# A whole life


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_whole_life_of_every_kind(kind: Kind, plugin: NativePlugin, fake: FakePlatform) -> None:
    news = given(kind, name=None)
    if kind.name == "Datasource":
        news["connectorId"] = fake.store("connectors", type="SQL", project_id=PROJECT, name="one")
    checked = plugin.check(kind.name, news)
    assert reasons(checked) == []
    assert secrets_in(checked.inputs) == set(map(camel, kind.secrets))
    state = plain(checked.inputs)
    assert state["name"] == "thing"

    announced = plugin.create(kind.name, state, preview=True)
    assert announced.id == ""
    assert plain(announced.properties).keys() == state.keys() | {camel(output.name) for output in kind.outputs}
    assert plain(announced.properties).items() >= state.items()
    created = plugin.create(kind.name, state)
    told = {"state": "done"} if kind.name == "Dataset" else {}
    assert plain(created.properties) == state | told
    assert secrets_in(announced.properties) == secrets_in(created.properties) == secrets_in(checked.inputs)

    assert plugin.diff(kind.name, created.id, state, state).changes == NONE
    changed = {**state, "name": "other"}
    change = plugin.diff(kind.name, created.id, state, changed)
    assert (change.changes, change.hasDetailedDiff, list(change.detailedDiff)) == (SOME, True, ["name"])
    assert list(change.replaces) == (["name"] if kind.name == "Dataset" else [])
    if not change.replaces:
        updated = plugin.update(kind.name, created.id, state, changed)
        assert plain(updated.properties) == changed
        assert fake.objects[kind.collection.path][created.id]["name"] == "other"
        state = changed

    refreshed = plugin.read(kind.name, created.id, state | told, state)
    assert (plain(refreshed.properties), plain(refreshed.inputs)) == (state | told, state)
    imported = plugin.read(kind.name, created.id)
    assert plain(imported.inputs) == without(
        state, *map(camel, [*kind.secrets, *(f.name for f in kind.fields if f.default is not None and not f.wire)])
    )
    plugin.delete(kind.name, created.id, state)
    assert created.id not in fake.objects[kind.collection.path]
    assert plugin.read(kind.name, created.id, state, state).id == ""


_CLASSES = """
import pulumi
from pulumi_previsionio import native

class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        return "id", dict(args.inputs)

    def call(self, args):
        return {}, None

pulumi.runtime.set_mocks(Mocks())
crm = native.SQLConnector("crm", host="h", port=1, username="u", password="p", project_id="P")
known = pulumi.runtime.test(lambda: crm.project_id.apply(lambda value: print("project", value)))()
"""


def test_a_life_and_the_classes_on_every_python(python: str, fake: FakePlatform) -> None:
    environment = {"PYTHONPATH": str(PROVIDER)}
    command = (python, "-c", "from pulumi_previsionio._native.main import main; main()")
    with NativePlugin(config_of(fake), command=command, environment=environment) as plugin:
        state = plain(plugin.check(SQL, given(KINDS[0], name=None)).inputs)
        created = plugin.create(SQL, state)
        assert plain(plugin.read(SQL, created.id, state, state).inputs) == state
        plugin.delete(SQL, created.id, state)
    assert plugin.output == ""

    script = [python, "-c", _CLASSES]
    done = subprocess.run(
        script, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ("project P\n", "")


def test_a_name_that_somebody_else_gave_is_taken_back(plugin: NativePlugin, fake: FakePlatform) -> None:
    id_, state = fake.store("connectors", type="SQL", project_id=PROJECT, host="db.example", port=3306), sql(fake)
    fake.objects["connectors"][id_] |= {"name": "theirs", "username": "reader"}

    refreshed = plugin.read(SQL, id_, state, state)
    checked = plugin.check(SQL, without(state, "name"), plain(refreshed.inputs), name="elsewhere")

    assert plain(refreshed.inputs) == {**state, "password": PLANTED, "name": "theirs", camel(DEFAULT_NAME): "thing"}
    assert plain(checked.inputs)["name"] == "thing"


# Differences


@pytest.mark.parametrize(
    ("changes", "details", "replaces"),
    [
        ({"host": "other"}, {"host": "UPDATE"}, []),
        ({"password": secret("other")}, {"password": "UPDATE"}, []),
        ({"projectId": "P2", "host": "other"}, {"projectId": "UPDATE_REPLACE", "host": "UPDATE"}, ["projectId"]),
        ({"testConnection": False}, {"testConnection": "UPDATE"}, []),
        ({"projectId": UNKNOWN_TEXT}, {"projectId": "UPDATE_REPLACE"}, ["projectId"]),
        ({"password": secret(UNKNOWN_TEXT)}, {"password": "UPDATE"}, []),
    ],
    ids=str,
)
def test_what_differs_is_told_by_property(
    changes: dict[str, Any], details: dict[str, str], replaces: list[str], plugin: NativePlugin, fake: FakePlatform
) -> None:
    id_ = fake.store("connectors", type="SQL", project_id=PROJECT, name="one")
    fake.objects["projects"]["P2"] = {"_id": "P2", "name": "second"}
    told = plugin.diff(SQL, id_, sql(fake), sql(fake, **changes))

    kinds = {name: pb.PropertyDiff.Kind.Name(each.kind) for name, each in told.detailedDiff.items()}
    if len(replaces) and "host" in changes:
        details = {**details, "host": "UPDATE_REPLACE"}
        replaces = ["host", *replaces]
    assert (kinds, sorted(told.replaces)) == (details, replaces)


def test_inputs_that_come_and_go_are_told(plugin: NativePlugin, fake: FakePlatform) -> None:
    id_ = fake.store("projects", name="thing")
    state = {"name": "thing", "platformUrl": fake.url, "forceDestroy": False, "color": "#000000"}
    told = plugin.diff("Project", id_, state, {**without(state, "color"), "description": "d"})

    kinds = {name: pb.PropertyDiff.Kind.Name(each.kind) for name, each in told.detailedDiff.items()}
    assert kinds == {"color": "DELETE", "description": "ADD"}


# Imports: a secret that nobody has told


@pytest.fixture
def imported(plugin: NativePlugin, fake: FakePlatform) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Id, outputs and inputs of a connector that was there before."""
    id_ = fake.store("connectors", type="SQL", project_id=PROJECT, name="thing", host="db.example", port="3306")
    fake.objects["connectors"][id_]["username"] = "reader"
    read = plugin.read(SQL, id_)
    return id_, plain(read.properties), plain(read.inputs)


Imported = tuple[str, dict[str, Any], dict[str, Any]]


def test_an_import_needs_no_secret_until_the_program_tells_it(
    imported: Imported, plugin: NativePlugin, fake: FakePlatform
) -> None:
    id_, outputs, told = imported
    assert "password" not in {**outputs, **told}
    checked = plugin.check(SQL, told, told)
    assert reasons(checked) == []
    assert plugin.diff(SQL, id_, outputs, plain(checked.inputs), told).changes == NONE

    # The program has it: nobody can know whether it is the right one, so nothing changes, on any platform.
    program = {**without(told, "platformUrl"), "password": secret(PLANTED)}
    inputs_now = plain(plugin.check(SQL, program, told).inputs)
    assert plugin.diff(SQL, id_, outputs, inputs_now, told).changes == NONE

    # From now on it is known, if only to the inputs.
    refreshed = plugin.read(SQL, id_, outputs, inputs_now)
    assert plain(refreshed.inputs) == inputs_now
    assert plain(refreshed.properties) == outputs
    other = {**inputs_now, "password": secret("another one")}
    change = plugin.diff(SQL, id_, outputs, other, inputs_now)
    assert list(change.detailedDiff) == ["password"]
    assert plain(plugin.update(SQL, id_, outputs, other, inputs_now).properties)["password"] == "another one"
    assert fake.objects["connectors"][id_]["password"] == "another one"


def test_a_test_that_fails_puts_the_secret_back_that_only_the_inputs_hold(
    imported: Imported, plugin: NativePlugin, fake: FakePlatform
) -> None:
    id_, outputs, _ = imported
    known = {**outputs, "password": secret("known")}

    told = refusal(lambda: plugin.update(SQL, id_, outputs, {**known, "host": "broken.example"}, known))

    assert told.endswith("The old values are back")
    assert fake.objects["connectors"][id_]["password"] == "known"


def test_a_test_that_fails_says_which_secret_cannot_be_put_back(
    imported: Imported, plugin: NativePlugin, fake: FakePlatform
) -> None:
    id_, outputs, told = imported
    news = {**outputs, "password": secret("first"), "host": "broken.example"}

    assert "except that of password" in refusal(lambda: plugin.update(SQL, id_, outputs, news, told))


def test_a_change_of_anything_else_needs_the_secret(
    imported: Imported, plugin: NativePlugin, fake: FakePlatform
) -> None:
    id_, outputs, told = imported

    refused = refusal(lambda: plugin.diff(SQL, id_, outputs, {**outputs, "host": "moved"}, told))

    assert refused == "SQLConnector 'thing': password: is required, for nobody has told it yet"
    assert reasons(plugin.check(SQL, told)) == ["password: is required"]


def test_what_only_the_provider_reads_is_changed_without_the_secret(
    imported: Imported, plugin: NativePlugin, fake: FakePlatform
) -> None:
    id_, outputs, told = imported
    news = {**outputs, "testConnection": False, "password": secret("first")}
    fake.forget_calls()

    assert list(plugin.diff(SQL, id_, outputs, news, told).detailedDiff) == ["testConnection"]
    plugin.update(SQL, id_, outputs, news, told)

    assert fake.calls == []


def test_a_refresh_of_what_was_only_read_gives_it_no_inputs(imported: Imported, plugin: NativePlugin) -> None:
    id_, outputs, _ = imported

    assert plain(plugin.read(SQL, id_, outputs).inputs) == {}


def test_an_object_of_another_kind_or_none_is_refused(plugin: NativePlugin, fake: FakePlatform) -> None:
    id_ = fake.store("connectors", type="FTP", project_id=PROJECT, name="one")

    assert refusal(lambda: plugin.read(SQL, id_)) == (
        f"SQLConnector 'thing': {id_} is a connector of type FTP, no SQL connector"
    )
    assert refusal(lambda: plugin.read(SQL, "5ea1f00d0000000000000404")) == (
        f"SQLConnector 'thing': there is no SQL connector 5ea1f00d0000000000000404 on {fake.url}"
    )


# What dynamic providers have made


def test_a_dynamic_state_is_taken_over_without_a_call(plugin: NativePlugin, fake: FakePlatform) -> None:
    id_ = fake.store("connectors", type="SQL", project_id=PROJECT, name="dynamic")
    kind = KINDS[0]
    old = {**inputs(kind, platform_url=fake.url, password=secret(PLANTED)), "test_connection": True}
    old |= {"force_destroy": False, "__provider": "gASV"}
    checked = plain(plugin.check(SQL, without(given(kind, password=secret(PLANTED)), "name"), old).inputs)
    fake.forget_calls()

    told = plugin.diff(SQL, id_, old, checked, old)
    updated = plugin.update(SQL, id_, old, checked, old)

    assert (told.changes, list(told.detailedDiff), list(told.replaces)) == (SOME, ["__provider"], [])
    assert plain(updated.properties) == sql(fake, password=PLANTED)
    assert fake.calls == []


# Secrets


ECHO = f"400 for {{'password': {PLANTED!r}, 'token': {PLANTED_TOKEN!r}}}, that is {PLANTED} at {PLANTED_HOST}"


def test_no_secret_is_in_anything_that_leaves_the_plugin(fake: FakePlatform) -> None:
    with NativePlugin(config_of(fake)) as plugin:
        hidden = secret(PLANTED_HOST)
        told = reasons(plugin.check(SQL, sql(fake, port=0, host=PLANTED, password=[PLANTED], typo="x")))
        state = sql(fake, host=hidden)
        created = plugin.create(SQL, state)
        fake.broken[PLANTED_HOST] = ECHO
        for method, path in (("POST", "/connectors"), ("OPTIONS", ""), ("PUT", ""), ("DELETE", "")):
            fake.fault(method, path, Answer(400 if method != "OPTIONS" else 403, {"message": ECHO}))
        told += [
            refusal(lambda: plugin.create(SQL, state)),
            refusal(lambda: plugin.create(SQL, state)),  # made, tested, not deletable
            refusal(lambda: plugin.diff(SQL, created.id, state, {**state, "username": "x"})),
            refusal(
                lambda: plugin.update(SQL, created.id, without(state, "password"), {**state, "username": "x"}, state)
            ),
        ]
        fake.fault("DELETE", "", Answer(400, {"message": ECHO}))
        told.append(refusal(lambda: plugin.delete(SQL, created.id, state)))
    del fake.broken[PLANTED_HOST]

    everything = "\n".join(told) + plugin.output
    assert len(told) == 9
    assert "[secret]" in everything
    assert leaked([PLANTED, PLANTED_TOKEN, PLANTED_HOST], everything) == []


def test_the_configuration_is_no_longer_in_the_environment() -> None:
    script = (
        "import os, sys; from pulumi_previsionio._native import main, servicer\n"
        "main._serve = lambda: print('PULUMI_CONFIG' in os.environ)\nmain.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env={"PULUMI_CONFIG": "{}"}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_a_secret_output_stays_one_wherever_it_goes(plugin: NativePlugin, fake: FakePlatform) -> None:
    state = sql(fake, host=secret("db.example"))
    both = {"host", "password"}

    checked = plugin.check(SQL, state).inputs
    created = plugin.create(SQL, state)
    answers = [
        checked,
        plugin.create(SQL, state, preview=True).properties,
        created.properties,
        plugin.read(SQL, created.id, state, state).properties,
        plugin.read(SQL, created.id, state, state).inputs,
        plugin.update(SQL, created.id, state, {**state, "username": "x"}).properties,
    ]

    assert [secrets_in(answer) for answer in answers] == [both] * len(answers)


def test_a_secret_may_be_elsewhere(
    plugin: NativePlugin, fake: FakePlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.write_text("out of state\n")
    checked = plain(plugin.check(SQL, {**sql(fake), "password": {"fromFile": str(file)}}).inputs)
    created = plugin.create(SQL, checked)

    assert checked["password"].keys() == {"fromFile", "digest"}
    assert fake.objects["connectors"][created.id]["password"] == "out of state"
    assert plugin.diff(SQL, created.id, checked, checked).changes == NONE
    python = {**checked, "password": {"from_file": str(file)}}  # what the Python classes send
    assert plain(plugin.check(SQL, python, checked).inputs) == checked
    assert plain(plugin.read(SQL, created.id, checked, checked).inputs) == checked


# Errors


_BREAK = """
import sys, pulumi_previsionio._core.lifecycle as lifecycle
def fail(*arguments):
    raise {error}
for name in ("check", "diff", "create", "read", "update", "delete"):
    setattr(lifecycle, name, fail)
from pulumi_previsionio._native.main import main
main()
"""


@pytest.mark.parametrize("error", ["SystemExit(3)", "KeyboardInterrupt", "ValueError(f'odd\\n{arguments}')"])
def test_no_exception_whatsoever_hangs_the_engine_or_shows_a_traceback(error: str, fake: FakePlatform) -> None:
    command = (sys.executable, "-c", _BREAK.format(error=error))
    with NativePlugin(config_of(fake), command=command) as plugin:
        state = sql(fake)
        told = [
            refusal(partial(call, SQL, *arguments))
            for call, arguments in (
                (plugin.check, (state,)),
                (plugin.diff, ("5ea1", state, state)),
                (plugin.create, (state,)),
                (plugin.read, ("5ea1", state, state)),
                (plugin.update, ("5ea1", state, state)),
                (plugin.delete, ("5ea1", state)),
            )
        ]

    for text in told:
        assert text.startswith("SQLConnector 'thing': pulumi-previsionio failed in a way it should not (<string>:")
        assert "\n" not in text
    assert leaked([PLANTED], *told) == []
    assert plugin.output == ""


def test_what_is_no_resource_and_no_function_is_told(plugin: NativePlugin) -> None:
    assert refusal(lambda: plugin.check("SQLConector", {})).startswith("there is no resource previsionio:index:SQLCon")
    assert refusal(lambda: plugin.invoke("getConector")) == "there is no function previsionio:index:getConector"


def test_missing_settings_are_failures_of_the_check(fake: FakePlatform) -> None:
    with NativePlugin({}) as plugin:
        checked = reasons(plugin.check(SQL, sql(fake)))

    assert [reason.partition(":")[0] for reason in checked] == [
        "no address of the platform",
        "no token for the platform",
    ]
    assert plugin.output == ""


@pytest.mark.parametrize(
    ("name", "config", "found"),
    [
        ("default_0_2_0", {}, True),
        ("default", {}, True),
        ("", {}, True),
        ("staging", {}, False),
        ("default-of-mine", {}, False),
        ("default", {"explicit": "arguments"}, False),
        ("staging", {"explicit": "url=PREVISION_URL"}, True),
    ],
)
def test_the_environment_redirects_no_explicit_provider(
    name: str, config: dict[str, str], found: bool, fake: FakePlatform
) -> None:
    with NativePlugin(
        {"token": "t", "parallelism": "32", **config}, name=name, environment={"PREVISION_URL": fake.url}
    ) as plugin:
        checked = plugin.check("Project", {}).inputs

    assert plain(checked).get("platformUrl") == (fake.url if found else None)


def test_the_token_of_a_provider_is_a_secret(plugin: NativePlugin) -> None:
    checked = plugin.call("CheckConfig", pb.CheckRequest(news=struct({"url": UNKNOWN_TEXT, "token": "t"})))
    same = plugin.call("DiffConfig", pb.DiffRequest(olds=struct({"url": "a"}), news=struct({"url": "a"})))
    moved = plugin.call("DiffConfig", pb.DiffRequest(olds=struct({"url": "a"}), news=struct({"url": "b"})))

    assert secrets_in(checked.inputs) == {"token"}
    assert (same.changes, moved.changes, list(moved.replaces)) == (NONE, SOME, [])


# Functions


def test_the_lookups_are_functions(plugin: NativePlugin, fake: FakePlatform) -> None:
    id_ = fake.store("connectors", type="SQL", project_id=PROJECT, name="found", host="h", port="3306")

    found = {"id": id_, "name": "found", "type": "SQL", "projectId": PROJECT, "host": "h", "port": 3306}
    assert plugin.invoke("getConnector", name="found") == found
    assert found in plugin.invoke("listConnectors")["items"]
    assert plugin.invoke("listTables", connectorId=id_, database="crm") == {"items": ["customers", "orders"]}
    assert plugin.invoke("getProject", id=PROJECT)["name"] == "tests"
    assert refusal(lambda: plugin.invoke("getConnector", name="fuond")).startswith(
        f"getConnector: there is no connector named 'fuond' in project {PROJECT}. There are "
    )
    assert refusal(lambda: plugin.invoke("listTables", database="crm")) == "listTables: connectorId: is required"


# Many at once, and the end


_PATIENT_COMMAND = (sys.executable, "-c", f"{PATIENT}\nfrom pulumi_previsionio._native.main import main; main()")


@pytest.mark.parametrize("parallelism", [16, START])
def test_as_many_calls_are_in_flight_as_the_settings_say(parallelism: int) -> None:
    config = {"token": TOKEN, "parallelism": str(parallelism)}
    with (
        ScriptedServer(Together(parallelism)) as server,
        NativePlugin({**config, "url": server.url}, command=_PATIENT_COMMAND) as plugin,
    ):
        make_projects(plugin, 2 * parallelism)
        assert server.most_in_flight == parallelism


def test_more_calls_are_in_flight_while_the_platform_gets_no_slower() -> None:
    with (
        ScriptedServer(growing()) as server,
        NativePlugin({"url": server.url, "token": TOKEN}, command=_PATIENT_COMMAND) as plugin,
    ):
        make_projects(plugin, 3 * START)
        assert server.most_in_flight == 2 * START


def make_projects(plugin: NativePlugin, count: int) -> None:
    creations = [plugin.create_later("Project", {"name": f"p{number}"}) for number in range(count)]
    assert len({creation.result().id for creation in creations}) == count


def test_an_operation_takes_no_longer_than_the_resources_timeouts_say_and_its_waits_are_told() -> None:
    """`customTimeouts` of a resource win over the settings."""
    said: queue.Queue[str] = queue.Queue()
    released = threading.Event()

    class Engine(engine_pb2_grpc.EngineServicer):
        def Log(self, request: Any, context: Any) -> Any:  # noqa: N802
            said.put(request.message)
            return Empty()

    def respond(request: Request) -> Answer:
        if request.method in ("POST", "PUT", "DELETE"):
            released.wait(ENOUGH)
        return Answer(body={"_id": new_id(next(numbers)), "items": [], "metaData": {"totalItems": 0}})

    engine = grpc.server(ThreadPoolExecutor(1))
    engine_pb2_grpc.add_EngineServicer_to_server(Engine(), engine)
    address = f"127.0.0.1:{engine.add_insecure_port('127.0.0.1:0')}"
    engine.start()
    patience = "from pulumi_previsionio._platform import operation; operation.PATIENCE = 0.1\n"
    # Behind a flag of the engine's own log, which comes first.
    command = (sys.executable, "-c", f"{patience}from pulumi_previsionio._native.main import main; main()", "-v=9")
    with ScriptedServer(respond) as server:
        config = {"url": server.url, "token": TOKEN}
        with NativePlugin(config, command=command, engine=address) as plugin:
            old, new = struct({"name": "slow"}), struct({"name": "renamed"})
            made = {"id": new_id(next(numbers)), "timeout": 2.0}
            calls = [
                plugin.create_later("Project", {"name": "slow"}, seconds=2.0),
                plugin.stub.Update.future(
                    pb.UpdateRequest(urn=urn("Project"), olds=old, old_inputs=old, news=new, **made)
                ),
                plugin.stub.Delete.future(pb.DeleteRequest(urn=urn("Dataset"), properties=old, **made)),
            ]
            told = [refusal(call.result) for call in calls]
            released.set()
    engine.stop(None)

    assert ["no answer from the platform" in line for line in told] == [True] * 3, told
    waits = {said.get(timeout=ENOUGH).partition(": waiting for the platform's answer to ")[0] for _ in calls}
    assert waits == {"Project 'thing'", "Dataset 'thing'"}


numbers = itertools.count(1)


@pytest.mark.parametrize(("flag", "words"), [("--help", "Usage: pulumi-resource-previsionio"), ("--version", "0.")])
def test_who_runs_it_by_hand_gets_an_answer(flag: str, words: str) -> None:
    done = subprocess.run([COMMAND, flag], capture_output=True, text=True, timeout=ENOUGH, check=True)

    assert done.stdout.startswith(words)


@pytest.mark.parametrize("ignored", [False, True], ids=["heard", "inherited as ignored"])
@pytest.mark.parametrize("cancelled", [False, True], ids=["", "after Cancel"])
def test_it_ends_at_once_when_it_is_interrupted(ignored: bool, cancelled: bool) -> None:
    """Also while a call of it waits for the platform."""

    def respond(request: Request) -> Answer:
        if request.method == "POST":
            time.sleep(30)
        return Answer(body={"_id": new_id(next(numbers))})

    with ScriptedServer(respond) as server:
        config = {"url": server.url, "token": TOKEN}
        for waits in (False, True, False):
            with NativePlugin(config, ignore_interrupts=ignored) as plugin:
                if waits:
                    plugin.create_later("Project", {"name": "slow"})
                if cancelled:
                    plugin.cancel()
                started = time.monotonic()
                plugin.process.send_signal(signal.SIGINT)
                code = plugin.process.wait(timeout=4)
                assert (code, time.monotonic() - started < 4) == (0, True)
            assert plugin.output == ""
