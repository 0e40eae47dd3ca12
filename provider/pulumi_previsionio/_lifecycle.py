"""What each operation decides and does, for every kind of object, free of Pulumi.

Each function takes a kind, values (`_values.Values`) and the platform; each may fail half way, and says in its
docstring what is left then.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

from . import _deletion, _snapshots
from ._errors import IdentityError, InputError, LookupFailed, NotFound, PlatformError, PrevisionError, Refused
from ._kinds import DATASET, DATASOURCE, ConnectorKind, Kind, Type
from ._lost_replies import make
from ._names import DEFAULT_NAME, name_of
from ._platform import Platform, shared_platform
from ._settings import PROJECT as PROJECT_SETTING
from ._settings import Settings
from ._sources import explained, is_known, look_ahead, source_of, source_problems
from ._thread_pool import place_lent
from ._values import UNKNOWN, SecretReference, Values, canonical_credentials, from_wire, same_secret, to_wire


def label(kind: Kind, values: Values) -> str:
    return f"{kind.name} {values.get('name', '')!r}"


# Check


def check(kind: Kind, olds: Values, news: Values, settings: Settings) -> tuple[Values, list[str]]:
    """Complete and validate inputs. Returns them with every problem found; touches nothing.

    `olds` are the inputs of the existing object, empty when it is to be made.
    """
    from ._validation import validate  # takes long to import, and a refresh or a destroy checks nothing

    values = {name: value for name, value in news.items() if name != DEFAULT_NAME}
    problems = list(settings.problems)
    if "name" not in values and (name := name_of(kind, olds, news)):
        values["name"] = name
    if kind.in_project and "project_id" not in values:
        if settings.project_id:
            values["project_id"] = settings.project_id
        else:
            problems.append(f"project_id: {PROJECT_SETTING.missing()}")
            values["project_id"] = UNKNOWN
    values["platform_url"] = settings.url or UNKNOWN
    if olds and settings.url and (problem := _identity_problem(kind, olds, settings.url)):
        problems.append(problem)
    for name in kind.secrets:
        if isinstance(reference := values.get(name), SecretReference):
            try:
                values[name] = reference.with_digest(olds.get(name))
                if kind[name].type is Type.CREDENTIALS:
                    canonical_credentials(reference.read().reveal())
            except ValueError as error:
                problems.append(f"{name}: {error}")
    clean, invalid = validate(kind, values)
    problems += invalid
    if kind is DATASET and olds and not settings.problems:
        _snapshots.note_program(shared_platform(settings), olds, values)
    if kind is DATASOURCE and not problems and _needs_verification(olds, clean):
        problems += _source_problems_now(olds, clean, shared_platform(settings))
    return clean, problems


def _source_problems_now(olds: Values, news: Values, platform: Platform) -> list[str]:
    """What is wrong with the source. When its data source is about to be made, that is left to its creation.

    The engine has one resource checked after the other, but many made at once.
    """
    is_preview = not platform.has_changed_anything
    if is_preview or olds.get("connector_id") == news["connector_id"]:
        return source_problems(platform, news)
    platform.postpone(news["connector_id"], source_of(news))
    look_ahead(platform, news)
    return []


def _needs_verification(olds: Values, news: Values) -> bool:
    if news.get("verify_source") is not True or not is_known(news):
        return False
    return source_of(olds) != source_of(news) or olds.get("connector_id") != news["connector_id"]


def _identity_problem(kind: Kind, values: Values, url: str) -> str | None:
    made_on = values.get("platform_url")
    if made_on is None or made_on == url:
        return None
    return (
        f"{label(kind, values)} was made on {made_on}, but the settings now name {url}: nothing was touched. "
        f"Set the address back, or remove the resource from the stack with `pulumi state delete`"
    )


def _refuse_strangers(kind: Kind, values: Values, platform: Platform) -> None:
    if problem := _identity_problem(kind, values, platform.url):
        raise IdentityError(problem)


# Diff


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a difference leads to, and the inputs that force a replacement."""

    action: Literal["same", "update", "replace"]
    replaces: tuple[str, ...] = ()


def plan(kind: Kind, id_: str, olds: Values, news: Values, platform: Platform) -> Plan:
    """Compare an existing object with the inputs. Asks the platform only whether it can update, and only if needed."""
    _refuse_strangers(kind, olds, platform)
    changed = [field for field in kind.fields if olds.get(field.name) != news.get(field.name)]
    if not changed:
        return Plan("same")
    relevant = [field for field in changed if field.fixed or _is_wire_change(field.name, kind, olds, news)]
    if not relevant:
        return Plan("update")
    if any(field.fixed for field in relevant) or not _offers_update(kind, id_, news, platform):
        return Plan("replace", tuple(field.name for field in relevant))
    platform.announce_change(id_)
    return Plan("update")


def _offers_update(kind: Kind, id_: str, values: Values, platform: Platform) -> bool:
    try:
        return platform.offers_update(kind, id_)
    except NotFound:
        raise _gone(kind, id_, values) from None


def _gone(kind: Kind, id_: str, values: Values) -> PlatformError:
    return PlatformError(
        f"{label(kind, values)} ({id_}) is no longer on the platform: "
        "run `pulumi refresh`, then `pulumi up` makes it again"
    )


def _is_wire_change(name: str, kind: Kind, olds: Values, news: Values) -> bool:
    field = kind[name]
    return bool(field.wire) and not (field.secret and same_secret(olds.get(name), news.get(name)))


# Create


def create(kind: Kind, values: Values, platform: Platform) -> tuple[str, Values]:
    """Make the object and test it; a half-made one is removed before the error is raised."""
    is_postponed = kind is DATASOURCE and platform.was_postponed(values["connector_id"], source_of(values))
    if is_postponed and (problems := source_problems(platform, values)):
        raise InputError(label(kind, values), problems)
    path = platform.list_path(kind, values.get("project_id"))
    if kind is DATASET:
        path += "/data-source"
    id_ = str(make(kind, path, values, platform, label(kind, values))["_id"])
    platform.written(kind, values.get("project_id"), id_)
    try:
        _prove(kind, id_, values, platform)
    except BaseException as error:
        _undo(kind, id_, values, platform, error)
        raise
    return id_, values


def _prove(kind: Kind, id_: str, values: Values, platform: Platform) -> None:
    """See that the object works: the connection, the source, or the copy."""
    if kind is DATASET:
        _snapshots.wait(platform, id_, values)
    elif isinstance(kind, ConnectorKind):
        if values.get("test_connection"):
            _test(kind, id_, values, platform)
    elif kind is DATASOURCE and values.get("verify_source"):
        verified = platform.is_verified(values["connector_id"], source_of(values))
        if not verified:
            _test(kind, id_, values, platform)


@place_lent()
def _test(kind: Kind, id_: str, values: Values, platform: Platform) -> None:
    try:
        platform.client.try_source(f"{platform.item_path(kind, id_)}/test")
    except Refused as error:
        if kind is DATASOURCE and not isinstance(error, NotFound) and error.status in (404, 405):
            return  # not every platform tests data sources
        raise PlatformError(f"{label(kind, values)}: the {_tested(kind)} does not work: {explained(error)}") from None
    except PlatformError as error:
        raise PlatformError(f"{label(kind, values)}: the {_tested(kind)} could not be tested: {error}") from None


def _tested(kind: Kind) -> str:
    return "connection" if isinstance(kind, ConnectorKind) else "source"


def _undo(kind: Kind, id_: str, values: Values, platform: Platform, error: BaseException) -> None:
    try:
        platform.delete(kind, values.get("project_id"), id_)
    except PrevisionError as second:
        raise PlatformError(
            f"{error}. The half-made {kind.noun} {id_} could not be deleted and is still on the platform: {second}. "
            "Delete it there before the next `pulumi up`"
        ) from None


# Read


def read(kind: Kind, id_: str, values: Values, platform: Platform) -> Values | None:
    """The live values of exactly the inputs that `values` holds, secrets carried over; None when the object is gone."""
    _refuse_strangers(kind, values, platform)
    shown = [field.wire for field in kind.wire_fields if field.wire and field.name in values and not field.secret]
    item = platform.live(kind, values.get("project_id"), id_, shown)
    if item is None:
        return None
    _refuse_other_kind(kind, id_, item)
    return _project(kind, item, values)


def look_up(kind: Kind, id_: str, platform: Platform) -> Values:
    """All live values of an object that no stack holds; raises `LookupFailed` when there is none."""
    item = platform.read_one(kind, id_)
    if item is None:
        raise LookupFailed(f"there is no {kind.noun} {id_} on {platform.url}")
    _refuse_other_kind(kind, id_, item)
    shown: Values = {field.name: UNKNOWN for field in kind.wire_fields if not field.secret}
    return {**_project(kind, item, shown), "platform_url": platform.url}


def _refuse_other_kind(kind: Kind, id_: str, item: dict[str, object]) -> None:
    for key, value in kind.constants.items():
        if item.get(key, value) != value:
            raise PlatformError(f"{id_} is a connector of type {item[key]}, no {kind.noun}")


def _project(kind: Kind, item: dict[str, object], values: Values) -> Values:
    live = dict(values)
    for field in kind.wire_fields:
        shown = field.wire in item or (field.wire == "g_cloud" and "gCloud" in item)
        if field.name in values and not field.secret and (shown or values[field.name] is UNKNOWN):
            value = from_wire(field, item)
            if value is None:
                del live[field.name]
            else:
                live[field.name] = value
    return live


# Update


def update(kind: Kind, id_: str, olds: Values, news: Values, platform: Platform) -> Values:
    """Change the object in place and test it; if the test fails the old values are put back before the error."""
    _refuse_strangers(kind, olds, platform)
    changed = [f.name for f in kind.wire_fields if olds.get(f.name) != news.get(f.name)]
    if not any(_is_wire_change(name, kind, olds, news) for name in changed):
        return news
    path = platform.item_path(kind, id_)
    try:
        platform.client.put(path, to_wire(kind, news, label(kind, news)))
    except NotFound:
        raise _gone(kind, id_, news) from None
    finally:
        _has_changed(kind, id_, news, platform)
    try:
        _prove(kind, id_, news, platform)
    except PlatformError as error:
        raise _put_back(kind, id_, olds, news, platform, error) from None
    return news


def _has_changed(kind: Kind, id_: str, values: Values, platform: Platform) -> None:
    platform.written(kind, values.get("project_id"), id_)
    platform.changed(id_)


def _put_back(
    kind: Kind, id_: str, olds: Values, news: Values, platform: Platform, error: PlatformError
) -> PlatformError:
    """The error to raise after the old values were put back, or could not be."""
    kept = {name: value for name, value in olds.items() if not isinstance(value, SecretReference)}
    lost = [name for name in olds if name not in kept and not same_secret(olds[name], news.get(name))]
    try:
        platform.client.put(platform.item_path(kind, id_), to_wire(kind, kept, label(kind, olds)))
    except PlatformError as second:
        return PlatformError(f"{error}. The old values could not be put back: {second}")
    finally:
        _has_changed(kind, id_, olds, platform)
    if lost:
        return PlatformError(
            f"{error}. The old values are back, except that of {', '.join(lost)}: "
            "it is read from elsewhere, so the old one is not known"
        )
    return PlatformError(f"{error}. The old values are back")


# Delete


def delete(kind: Kind, id_: str, values: Values, platform: Platform) -> None:
    """Delete the object; one that is gone already is a success. Refused while others still need it.

    A snapshot that is replaced stays where it is if it says `keep_on_replace`.
    """
    _refuse_strangers(kind, values, platform)
    if kind is DATASET and _snapshots.is_kept(platform, values):
        return
    _deletion.clear_the_way(kind, id_, values, platform)
    platform.delete(kind, values.get("project_id"), id_)
