"""One cell of the matrix: an operation on a resource, one of whose calls is broken, and what must hold afterwards.

The engine's part is played by `Stack`, on Pulumi's own provider host or on the plugin. One host serves many cells:
each plays several commands of the engine, each of which has a token of its own, so that the provider remembers nothing
from one to the next, as in hosts of their own.
"""

from __future__ import annotations

import base64
import copy
import dataclasses
import itertools
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Literal

import grpc
from pulumi.runtime.proto import provider_pb2
from pulumi_previsionio._core.names import camel

from tests.host import native_plugin
from tests.host.native_plugin import NativePlugin
from tests.host.provider_host import ProviderHost, plain
from tests.secret_search import leaked
from tests.torture import examples, faults
from tests.torture.examples import EXAMPLES, SECRET
from tests.torture.http_proxy import Call, HttpProxy, Request
from tests.unit.fake_platform import FakePlatform

Operation = Literal["create", "change", "move", "delete", "delete in use", "refresh", "get"]
OPERATIONS: tuple[Operation, ...] = ("create", "change", "move", "delete", "delete in use", "refresh", "get")
Action = Literal["same", "create", "update", "replace", "delete", "read"]

TOKEN = "planted-torture-token"
"""At the beginning of every token that the provider gets."""
Host = ProviderHost | NativePlugin
"""What serves Pulumi's provider protocol; a plugin serves one cell at a time."""
MOST_CALLS = 150
"""No operation on one object needs more."""
_NONE = provider_pb2.DiffResponse.DIFF_NONE

_numbers = itertools.count(1)
_configuring = threading.Lock()


@dataclasses.dataclass(frozen=True)
class Cell:
    """A coordinate of the matrix: which call of which operation is broken, and how."""

    resource: str
    operation: Operation
    updates: bool
    number: int
    call: str
    fault: str
    for_good: bool

    def __str__(self) -> str:
        how_often = "for good" if self.for_good else "once"
        platform = "" if self.updates else " on a platform without updates"
        return (
            f"{self.operation} {self.resource}{platform}: call {self.number} ({self.call}), {self.fault}, {how_often}"
        )


class Refusal(Exception):
    """What the engine is told of a method that failed."""


class Violation(AssertionError):
    """Something that must hold does not."""


class Wedged(Violation):
    """The same, and the host is of no use any more."""


@dataclasses.dataclass
class Platform:
    """A contract model with the proxy in front of it; one cell at a time."""

    fake: FakePlatform
    proxy: HttpProxy

    def load(self, objects: Mapping[str, Any], updates: bool) -> None:
        """Hold copies of these objects, and nothing else."""
        self.proxy.mend()
        self.fake.reset()
        self.fake.update, self.fake.page = updates, 2
        self.fake.objects = copy.deepcopy(dict(objects))

    @property
    def objects(self) -> dict[str, dict[str, Any]]:
        """Id → object, its collection included."""
        return {
            id_: {**item, "collection": collection}
            for collection, items in self.fake.objects.items()
            for id_, item in items.items()
        }


# The engine's part


class Process:
    """The provider as one command of the engine meets it: with its own settings, and nothing remembered."""

    def __init__(self, host: ProviderHost, platform: Platform, provider: str) -> None:
        number = next(_numbers)
        self._host = host
        self._token = platform.fake.token = f"{TOKEN}-{number}"
        # Bytes after the end of a pickle mean nothing, and make the host load and configure the class once more.
        self._provider = base64.b64encode(base64.b64decode(provider) + str(number).encode()).decode()
        config = {"url": platform.proxy.url, "token": self._token, "projectId": examples.PROJECT}
        with _configuring:
            host.configure({f"previsionio:{key}": value for key, value in config.items()})
            with suppress(grpc.RpcError):
                host.diff(self._provider, "", {}, {})

    def check(self, news: Mapping[str, Any], olds: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._told(lambda: self._host.check(self._provider, news, **olds))
        if answer.failures:
            raise Refusal("; ".join(failure.reason for failure in answer.failures))
        return plain(answer.inputs)

    def diff(self, state: Resource, news: Mapping[str, Any]) -> Action:
        answer = self._told(lambda: self._host.diff(self._provider, state.id, state.outputs, news))
        if answer.changes == _NONE:
            return "same"
        return "replace" if answer.replaces else "update"

    def create(self, inputs: Mapping[str, Any]) -> Resource:
        id_, outputs = self._told(lambda: self._host.create(self._provider, inputs))
        return Resource(id_, dict(inputs), outputs)

    def update(self, state: Resource, news: Mapping[str, Any]) -> Resource:
        outputs = self._told(lambda: self._host.update(self._provider, state.id, state.outputs, news))
        return Resource(state.id, dict(news), outputs)

    def delete(self, state: Resource) -> None:
        self._told(lambda: self._host.delete(self._provider, state.id, state.outputs))

    def read(self, id_: str, outputs: Mapping[str, Any], _inputs: Mapping[str, Any]) -> Resource:
        answer = self._told(lambda: self._host.read(self._provider, id_, outputs))
        return Resource(answer.id, plain(answer.inputs), plain(answer.properties))

    @staticmethod
    def _told(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except grpc.RpcError as error:
            code, details = error.code(), str(error.details())
        if code is not grpc.StatusCode.UNKNOWN:
            raise Wedged(f"hangs, or the host is gone ({code}): {details}")
        raise Refusal(details)


class PluginProcess(Process):
    """The same by the plugin: what it is told of the engine's last command, this one forgets."""

    def __init__(self, plugin: NativePlugin, platform: Platform, kind: str) -> None:
        self._plugin, self._kind = plugin, kind
        token = platform.fake.token = f"{TOKEN}-{next(_numbers)}"
        plugin.configure({"url": platform.proxy.url, "token": token, "projectId": examples.PROJECT})

    def check(self, news: Mapping[str, Any], olds: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._told(lambda: self._plugin.check(self._kind, news, olds, name=self._kind))
        if answer.failures:
            raise Refusal("; ".join(failure.reason for failure in answer.failures))
        return native_plugin.python(answer.inputs)

    def diff(self, state: Resource, news: Mapping[str, Any]) -> Action:
        answer = self._told(lambda: self._plugin.diff(self._kind, state.id, state.outputs, news, state.inputs))
        if answer.changes == _NONE:
            return "same"
        return "replace" if answer.replaces else "update"

    def create(self, inputs: Mapping[str, Any]) -> Resource:
        answer = self._told(lambda: self._plugin.create(self._kind, inputs))
        return Resource(answer.id, dict(inputs), native_plugin.python(answer.properties))

    def update(self, state: Resource, news: Mapping[str, Any]) -> Resource:
        answer = self._told(lambda: self._plugin.update(self._kind, state.id, state.outputs, news, state.inputs))
        return Resource(state.id, dict(news), native_plugin.python(answer.properties))

    def delete(self, state: Resource) -> None:
        self._told(lambda: self._plugin.delete(self._kind, state.id, state.outputs))

    def read(self, id_: str, outputs: Mapping[str, Any], inputs: Mapping[str, Any]) -> Resource:
        answer = self._told(lambda: self._plugin.read(self._kind, id_, outputs, inputs))
        return Resource(answer.id, native_plugin.python(answer.inputs), native_plugin.python(answer.properties))


@dataclasses.dataclass
class Resource:
    """What the engine keeps of a resource."""

    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]


@dataclasses.dataclass
class Stack:
    """A stack with one resource, on a platform that may be broken."""

    host: Host
    platform: Platform
    provider: str
    """The provider's class as a state knows it; for the plugin the kind of resource."""
    resource: Resource | None = None
    to_delete: list[Resource] = dataclasses.field(default_factory=list)
    """Those replaced whose deletion failed: the engine tries again in each `up`."""
    messages: list[str] = dataclasses.field(default_factory=list)
    """What was said of failures."""
    planned: list[Action] = dataclasses.field(default_factory=list)
    """What was announced, and what was set out to be done."""

    @property
    def ids(self) -> set[str]:
        return {resource.id for resource in [*self.to_delete, *([self.resource] if self.resource else [])]}

    def run(self, command: Callable[[], Action]) -> Action | None:
        """What the command did; None when it failed, which is kept in `messages`."""
        try:
            return command()
        except Refusal as refusal:
            self.messages.append(str(refusal))
            return None

    def up(self, program: Mapping[str, Any]) -> Action:
        """Preview, and if it goes well the real thing."""
        self.preview(program)
        process = self._process()
        for replaced in list(self.to_delete):
            process.delete(replaced)
            self.to_delete.remove(replaced)
        inputs, action = self._planned(process, program)
        if action == "create":
            self.resource = process.create(inputs)
        elif self.resource and action == "update":
            self.resource = process.update(self.resource, inputs)
        elif self.resource and action == "replace":
            made = process.create(process.check(program, {}))
            self.to_delete.append(self.resource)
            self.resource = made
            process.delete(self.to_delete[-1])
            self.to_delete.pop()
        return action

    def preview(self, program: Mapping[str, Any]) -> Action:
        return self._planned(self._process(), program)[1]

    def destroy(self) -> Action:
        process = self._process()
        for resource in [*self.to_delete, *([self.resource] if self.resource else [])]:
            process.delete(resource)
            if resource is self.resource:
                self.resource = None
            else:
                self.to_delete.remove(resource)
        return "delete"

    def refresh(self) -> Action:
        """Also when the object turns out to be gone, which drops it from the stack."""
        assert self.resource
        live = self._process().read(self.resource.id, self.resource.outputs, self.resource.inputs)
        self.resource = live if live.id else None
        return "read"

    def get(self, id_: str) -> Resource:
        """An existing object, as `.get` reads it."""
        return self._process().read(id_, {}, {})

    def _process(self) -> Process:
        if isinstance(self.host, NativePlugin):
            return PluginProcess(self.host, self.platform, self.provider)
        return Process(self.host, self.platform, self.provider)

    def _planned(self, process: Process, program: Mapping[str, Any]) -> tuple[dict[str, Any], Action]:
        inputs = process.check(program, self.resource.inputs if self.resource else {})
        action = process.diff(self.resource, inputs) if self.resource else "create"
        self.planned.append(action)
        return inputs, action


# What happens when all goes well


@dataclasses.dataclass(frozen=True)
class Course:
    """An operation without a fault: from where to where, by which calls."""

    resource: str
    operation: Operation
    updates: bool
    provider: str
    program: Mapping[str, Any]
    before: Mapping[str, Any]
    """The platform's objects."""
    state: Resource | None
    action: Action | None
    """None where the provider refuses, as it must."""
    calls: tuple[Call, ...]
    after: Mapping[str, Any]

    def cells(self) -> list[Cell]:
        """Each call, broken in every way that makes a difference to it."""
        return [
            Cell(self.resource, self.operation, self.updates, number, _shape(call.request), fault.name, for_good)
            for number, call in enumerate(self.calls, 1)
            for fault in faults.faults().values()
            if faults.fits(fault, call)
            for for_good in (False, True)
        ]


def course(host: Host, platform: Platform, resource: str, operation: Operation, *, updates: bool) -> Course:
    """Try it."""
    version = {"change": "changed", "move": "moved"}.get(operation, "inputs")
    if isinstance(host, NativePlugin):
        provider, made, program = resource, _for_the_plugin(resource, "inputs"), _for_the_plugin(resource, version)
    else:
        provider, made, program = _provider(resource), _properties(resource, "inputs"), _properties(resource, version)
    platform.load(surroundings(), updates)
    _plant_lookalike(host, platform, provider, made)
    stack = Stack(host, platform, provider)
    if operation != "create":
        stack.up(made)
        _age(platform, stack)
        if operation == "delete in use":
            assert stack.resource
            _use(platform, resource, stack.resource.id)
    before, state = copy.deepcopy(platform.fake.objects), copy.deepcopy(stack.resource)
    platform.proxy.mend()
    action = stack.run(lambda: _do(stack, operation, program))
    calls, after = tuple(platform.proxy.calls), copy.deepcopy(platform.fake.objects)
    if (action is None) != (operation == "delete in use"):
        raise Violation(f"{operation} {resource} without a fault: {action} {stack.messages}")
    return Course(resource, operation, updates, provider, program, before, state, action, calls, after)


def _provider(resource: str) -> str:
    return str(examples.properties()[resource]["inputs"]["__provider"])


def _properties(resource: str, version: str) -> dict[str, Any]:
    given = examples.properties()[resource][version]
    return {name: value for name, value in given.items() if name != "__provider"}


def _for_the_plugin(resource: str, version: str) -> dict[str, Any]:
    """It knows the name of a resource from its URN."""
    given = _properties(resource, version)
    return {camel(name): value for name, value in given.items() if name != "default_name" and value is not None}


def _do(stack: Stack, operation: Operation, program: Mapping[str, Any]) -> Action:
    match operation:
        case "delete" | "delete in use":
            return stack.destroy()
        case "refresh":
            return stack.refresh()
        case "get":
            assert stack.resource
            found = stack.get(stack.resource.id)
            if found.id != stack.resource.id or not found.outputs:
                raise Violation(f"get: found {found}")
            return "read"
        case _:
            return stack.up(program)


def surroundings() -> dict[str, dict[str, dict[str, Any]]]:
    """What others have on the platform: enough for lists of several pages, and what the examples refer to."""
    objects: dict[str, dict[str, dict[str, Any]]] = {
        name: {} for name in ("projects", "connectors", "data-sources", "datasets")
    }

    def add(collection: str, id_: str, **content: Any) -> None:
        objects[collection][id_] = {"_id": id_, **content}

    add("projects", examples.PROJECT, name="tests")
    add("projects", examples.OTHER_PROJECT, name="others")
    ago = f"{int(time.time()) - 3600:08x}"
    sql = {"type": "SQL", "host": "db.example", "port": 3306, "username": "reader", "password": "x"}
    done = {"copy_state": "done", "describe_state": "done", "drift_state": "done"}
    for number, project in enumerate((examples.PROJECT, examples.OTHER_PROJECT)):
        for index in range(3):
            add("connectors", f"{ago}{number}{index}0000000000aaaa", name=f"c{index}", project_id=project, **sql)
            source = {"connector_id": f"{ago}{number}{index}0000000000aaaa", "database": "crm", "table": "orders"}
            add("data-sources", f"{ago}{number}{index}0000000000bbbb", name=f"d{index}", project_id=project, **source)
            add("datasets", f"{ago}{number}{index}0000000000cccc", name=f"s{index}", project_id=project, **done)
        add("projects", f"{ago}{number}00000000000dddd", name=f"p{number}")
    for id_ in (examples.CONNECTOR, examples.OTHER_CONNECTOR):
        add("connectors", id_, name=f"for data sources {id_[-1]}", project_id=examples.PROJECT, **sql)
    for id_ in (examples.DATASOURCE, examples.OTHER_DATASOURCE):
        content = {"connector_id": examples.CONNECTOR, "database": "crm", "table": "customers"}
        add("data-sources", id_, name=f"for datasets {id_[-1]}", project_id=examples.PROJECT, **content)
    return objects


def _plant_lookalike(host: Host, platform: Platform, provider: str, made: Mapping[str, Any]) -> None:
    """An object of somebody else that differs from the one to be made in nothing but its age."""
    twin = Stack(host, platform, provider)
    twin.up(made)
    assert twin.resource
    for items in platform.fake.objects.values():
        if item := items.pop(twin.resource.id, None):
            id_ = f"{int(time.time()) - 3600:08x}00ee000000000000"
            items[id_] = {**item, "_id": id_}


def _age(platform: Platform, stack: Stack) -> None:
    """As if the stack's object had been made half an hour ago."""
    assert stack.resource
    new = stack.resource.id
    stack.resource.id = f"{int(time.time()) - 1800:08x}{new[8:]}"
    for items in platform.fake.objects.values():
        if item := items.pop(new, None):
            items[stack.resource.id] = {**item, "_id": stack.resource.id}


def _use(platform: Platform, resource: str, id_: str) -> None:
    """Somebody else's object that hangs on it."""
    user = EXAMPLES[resource].user
    assert user
    collection, link = user
    content = {"type": "SQL"} if collection == "connectors" else {"database": "crm", "table": "orders"}
    platform.fake.store(
        collection, time.time() - 3000, **{"project_id": examples.PROJECT, **content, link: id_}, name="user"
    )


def _shape(request: Request) -> str:
    """The call without what differs from run to run."""
    path = "/".join("…" if len(part) == 24 else part for part in request.path.split("/")[3:])
    return f"{request.method} /{path}" + (f" page {request.page}" if request.page > 1 else "")


# What must hold whatever breaks


def check(cell: Cell, course: Course, host: Host, platform: Platform) -> None:
    """Play the cell; raises `Violation` where something does not hold."""
    platform.load(course.before, course.updates)
    stack = Stack(host, platform, course.provider, _moved_to(platform, course.state))
    fault = faults.faults()[cell.fault]
    platform.proxy.break_calls(fault, cell.number, for_good=cell.for_good, limit=MOST_CALLS)
    action = stack.run(lambda: _do(stack, course.operation, course.program))
    went_too_far = platform.proxy.went_too_far
    platform.proxy.mend()

    if went_too_far:
        raise Wedged(f"makes more than {MOST_CALLS} calls")
    for message in stack.messages:
        _be_one_clean_line(message)
    if wrong := {*stack.planned, action or course.action} - {course.action}:
        raise Violation(f"decides on {wrong} instead of {course.action}. {stack.messages}")
    if action is None and course.action == "read" and not stack.resource:
        raise Violation("drops the resource from the stack")
    _keep_others(course, platform, stack)
    _know_all(course, platform, stack)
    _converge(course, platform, stack)


def _moved_to(platform: Platform, state: Resource | None) -> Resource | None:
    """The same state, with the platform's address."""
    if state is None:
        return None
    names = [name for name in ("platform_url", "platformUrl") if name in state.outputs]
    address: dict[str, Any] = dict.fromkeys(names, platform.proxy.url)
    return Resource(state.id, {**state.inputs, **address}, {**state.outputs, **address})


def _be_one_clean_line(message: str) -> None:
    for bad in ("Traceback", "in a way it should not", "object at 0x", "\n"):
        if bad in message:
            raise Violation(f"says {bad!r}: {message}")
    if leaked([SECRET, TOKEN], message):
        raise Violation(f"shows a secret: {message}")
    if not message.strip():
        raise Violation("says nothing")


def _keep_others(course: Course, platform: Platform, stack: Stack) -> None:
    own = course.state.id if course.state else None
    objects = platform.objects
    for collection, items in course.before.items():
        for id_, item in items.items():
            if id_ != own and objects.get(id_) != {**item, "collection": collection}:
                raise Violation(f"touches what is not its own: {item} is now {objects.get(id_)}. {stack.messages}")
    if own and own not in objects and own in stack.ids and course.operation not in ("delete", "move", "change"):
        raise Violation(f"deletes the object of the stack. {stack.messages}")
    if own and own not in objects and course.operation == "delete in use":
        raise Violation(f"deletes what is in use. {stack.messages}")


def _know_all(course: Course, platform: Platform, stack: Stack) -> set[str]:
    """The objects that no stack holds but that a message names; raises if there is one that none names."""
    known = {id_ for items in course.before.values() for id_ in items if not (course.state and id_ == course.state.id)}
    told = set()
    for id_, item in platform.objects.items():
        if id_ in known or id_ in stack.ids:
            continue
        if not any(id_ in message or _sends_to(message, item["name"]) for message in stack.messages):
            raise Violation(f"leaves {item['name']!r} ({id_}), which nobody knows of. {stack.messages}")
        told.add(id_)
    return told


def _sends_to(message: str, name: str) -> bool:
    return repr(name) in message and "look for" in message.lower()


def _converge(course: Course, platform: Platform, stack: Stack) -> None:
    """The same once more, with nothing broken, ends where it would have ended at once; then there is nothing to do."""
    told = _know_all(course, platform, stack)
    failed = list(stack.messages)
    before = len(stack.messages)
    if course.operation in ("refresh", "get") and stack.resource is None:
        raise Violation(f"drops the resource from the stack. {failed}")
    stack.run(lambda: _do(stack, course.operation, course.program))
    if len(stack.messages) > before and course.operation != "delete in use":
        raise Violation(f"does not converge: after {failed}: {stack.messages[before:]}")
    if course.operation not in ("delete", "delete in use"):
        left = stack.run(lambda: stack.preview(course.program))
        if left != "same":
            raise Violation(f"the preview afterwards shows {left} {stack.messages[before:]}. Before: {failed}")
        stack.run(stack.refresh)
        left = stack.run(lambda: stack.preview(course.program))
        if left != "same":
            raise Violation(f"the preview after a refresh shows {left} {stack.messages[before:]}. Before: {failed}")
    ended, wanted = _contents(platform.objects, told), _contents(_flat(course.after), set())
    if ended != wanted:
        extra = [each for each in ended if each not in wanted]
        missing = [each for each in wanted if each not in ended]
        raise Violation(f"ends elsewhere. Too much: {extra}. Missing: {missing}. Messages: {failed}")


def _flat(objects: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        id_: {**item, "collection": collection} for collection, items in objects.items() for id_, item in items.items()
    }


def _contents(objects: Mapping[str, Mapping[str, Any]], without: set[str]) -> list[str]:
    return sorted(
        str(sorted((key, str(value)) for key, value in item.items() if key != "_id"))
        for id_, item in objects.items()
        if id_ not in without
    )
