"""What each operation decides and does, for every kind of object, free of Pulumi.

A template that never asks which kind it has: what differs is in the kinds' fields and steps. Each function takes a
kind, values (`values.Values`) and a context; each may fail half way, and says in its docstring what is left then.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Final, Literal

from .._errors import IdentityError, InputError, LookupFailed, NotFound, PlatformError, PrevisionError
from .._platform import operation
from .._platform.settings import PROJECT_SETTING
from .context import Context
from .creation import create_once
from .engine_memory import DEFAULT_NAME
from .kind import Field, Kind
from .secret import SecretReference, same_secret
from .values import UNKNOWN, UNTOLD, Values, inputs_of, live_outputs, live_values, outputs_of, to_wire

_CLEANUP_TIME: Final = 60.0
"""Seconds to take back what failed, also when it failed because the time of the operation is over."""

# Check


def check(kind: Kind, olds: Values, news: Values, context: Context) -> tuple[Values, list[str]]:
    """Complete and validate inputs. Returns them with every problem found; touches nothing.

    `olds` are the inputs of the existing object, empty when it is to be made.
    """
    from .validation import validate  # takes long to import, and a refresh or a destroy checks nothing

    settings = context.settings
    problems = list(settings.problems)
    values = _completed(kind, olds, news, context)
    if values.get("project_id") is UNKNOWN and "project_id" not in news:
        problems.append(f"project_id: {PROJECT_SETTING.missing()}")
    if olds and settings.url and (problem := _identity_problem(kind, olds, settings.url)):
        problems.append(problem)
    problems += _read_references(kind, olds, values)
    clean, invalid = validate(kind, values)
    problems += [*invalid, *kind.steps.problems(values)]
    if DEFAULT_NAME in olds and news.get("name", olds[DEFAULT_NAME]) == olds[DEFAULT_NAME]:
        clean[DEFAULT_NAME] = olds[DEFAULT_NAME]
    context.memory.note_check(kind, olds, news, clean)
    if not problems:
        problems = _foreseen(kind, olds, clean, context)
    return clean, problems


def _completed(kind: Kind, olds: Values, news: Values, context: Context) -> Values:
    """The inputs with those that the program may leave to the provider."""
    settings = context.settings
    values = {name: value for name, value in news.items() if name != DEFAULT_NAME}
    if "name" not in values and (name := context.memory.default_name(kind, olds, news)):
        values["name"] = name
    if kind.collection.in_project and "project_id" not in values:
        values["project_id"] = settings.project_id or UNKNOWN
    values["platform_url"] = settings.url or UNKNOWN
    untold = {name for name in kind.secrets if olds.get(name) is UNTOLD}
    return {**dict.fromkeys(untold, UNTOLD), **values}


def _read_references(kind: Kind, olds: Values, values: Values) -> list[str]:
    """Give references the digest of what they lead to; return what is wrong with those that lead to nothing."""
    problems = []
    for name in kind.secrets:
        if isinstance(reference := values.get(name), SecretReference):
            owner = "\n".join((kind.name, str(values.get("name")), name, str(values["platform_url"])))
            try:
                values[name] = reference.with_digest(olds.get(name), owner)
            except ValueError as error:
                problems.append(f"{name}: {error}")
    return problems


def _foreseen(kind: Kind, olds: Values, news: Values, context: Context) -> list[str]:
    """What the platform would refuse."""
    if not olds:
        try:
            _ensure_usable(news, context)
        except PlatformError as error:
            return [str(error)]
    return kind.steps.look_ahead(kind, olds, news, context)


def _ensure_usable(values: Values, context: Context) -> None:
    project_id = values.get("project_id")
    context.session.ensure_usable(project_id if isinstance(project_id, str) else None)


def _identity_problem(kind: Kind, values: Values, url: str) -> str | None:
    made_on = values.get("platform_url")
    if made_on is None or made_on == url:
        return None
    return (
        f"{kind.label(values)} was made on {made_on}, but the settings now name {url}: nothing was touched. "
        f"Set the address back, or remove the resource from the stack with `pulumi state delete`"
    )


def _check_identity(kind: Kind, values: Values, context: Context) -> None:
    if problem := _identity_problem(kind, values, context.session.url):
        raise IdentityError(problem)


# Diff


@dataclasses.dataclass(frozen=True)
class Decision:
    """What a difference leads to, the inputs that force a replacement, and all that differ."""

    action: Literal["same", "update", "replace"]
    replaces: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


def diff(kind: Kind, id_: str, olds: Values, news: Values, context: Context) -> Decision:
    """Compare an existing object with the inputs; `olds` are its outputs.

    Asks the platform nothing if they are equal. Else whether the token and the project are good, and whether it can
    update if that matters.
    """
    _check_identity(kind, olds, context)
    context.session.remember(id_)
    decision = _decide(kind, id_, olds, news, context)
    context.memory.note_diff(kind, id_, news, is_replacement=decision.action == "replace")
    return decision


def _decide(kind: Kind, id_: str, olds: Values, news: Values, context: Context) -> Decision:
    changed = list(_changed(kind, olds, news, context))
    names = tuple(field.name for field in changed)
    if not changed:
        return Decision("same")
    relevant = [field for field in changed if field.fixed or _is_sent(field, olds, news)]
    if not relevant:
        return Decision("update", changed=names)
    if missing := [name for name in kind.secrets if olds.get(name) is UNTOLD and name not in news]:
        raise InputError(kind.label(news), [f"{name}: is required, for nobody has told it yet" for name in missing])
    _ensure_usable(news, context)
    if any(field.fixed for field in relevant) or not _offers_update(kind, id_, news, context):
        return Decision("replace", tuple(field.name for field in relevant), names)
    kind.steps.begin_update(id_, context)
    return Decision("update", changed=names)


def _changed(kind: Kind, olds: Values, news: Values, context: Context) -> Iterator[Field]:
    for field in kind.fields:
        old, new = olds.get(field.name), news.get(field.name)
        if old is None and field.is_late:
            # An earlier version did not keep it: what counts is what stands among the inputs since, if anything does.
            old = context.memory.old_inputs(kind, news).get(field.name, new)
        if _differs(old, new) and not (new is None and field.is_late):
            yield field


def _differs(old: object, new: object) -> bool:
    """Whether two values differ, as far as anybody can know."""
    return old is not UNTOLD and old != new


def _is_sent(field: Field, olds: Values, news: Values) -> bool:
    """Whether a difference in this field is one for the platform."""
    return bool(field.wire) and not (field.is_secret and same_secret(olds.get(field.name), news.get(field.name)))


def _offers_update(kind: Kind, id_: str, values: Values, context: Context) -> bool:
    if not kind.is_updatable:
        return False
    try:
        return "PUT" in context.session.capabilities(kind.collection, id_).methods
    except NotFound:
        raise _gone_error(kind, id_, values) from None
    except PlatformError as error:
        raise PlatformError(
            f"{kind.label(values)}: whether the platform can change it in place is not known, so nothing is: {error}"
        ) from None


def _gone_error(kind: Kind, id_: str, values: Values) -> PlatformError:
    return PlatformError(
        f"{kind.label(values)} ({id_}) is no longer on the platform: "
        "run `pulumi refresh`, then `pulumi up` makes it again"
    )


# Create


def create(kind: Kind, values: Values, context: Context) -> tuple[str, Values]:
    """Make the object and see that it works; a half-made one is removed before the error is raised.

    Returns its id and its values, with those that only the platform tells.
    """
    if problems := kind.steps.before_create(kind, values, context):
        raise InputError(kind.label(values), problems)
    id_ = create_once(kind, kind.steps.creation_path(kind, values), values, context.session)
    context.session.invalidate(kind.collection, values.get("project_id"), id_)
    try:
        item = kind.steps.verify(kind, id_, values, context)
        return id_, {**values, **live_outputs(kind, item or {})}
    except BaseException as error:
        _delete_half_made(kind, id_, values, context, error)
        raise


def _delete_half_made(kind: Kind, id_: str, values: Values, context: Context, error: BaseException) -> None:
    try:
        with operation.limited(_CLEANUP_TIME):
            context.session.delete(kind.collection, values.get("project_id"), id_)
    except PrevisionError as second:
        raise PlatformError(
            f"{error}. The half-made {kind.noun} {id_} could not be deleted and is still on the platform: {second}. "
            "Delete it there before the next `pulumi up`"
        ) from None


# Read


def read(kind: Kind, id_: str, values: Values, context: Context) -> Values | None:
    """The live values of the inputs that `values` holds, secrets carried over, and what only the platform tells.

    None when the object is gone.
    """
    _check_identity(kind, values, context)
    shown = [field.wire for field in kind.shown_fields if field.wire and field.name in values]
    shown += [key for output in kind.outputs if output.name in values for key in output.keys]
    item = context.session.read(kind.collection, values.get("project_id"), id_, shown)
    if item is None:
        return None
    _refuse_other_kind(kind, id_, item)
    return _with_default_name(values, _merge_live(kind, item, values))


def refreshed_inputs(kind: Kind, live: Values, context: Context) -> Values:
    """The inputs that a refresh gives to a resource: its live values, and what earlier versions did not keep."""
    return {**inputs_of(kind, live), **kind.steps.late_inputs(kind, live, context)}


def look_up(kind: Kind, id_: str, context: Context) -> Values:
    """All live values of an object that no stack holds.

    Raises:
        LookupFailed: there is none.
    """
    item = context.session.fetch(kind.collection, id_)
    if item is None:
        raise LookupFailed(f"there is no {kind.noun} {id_} on {context.session.url}")
    _refuse_other_kind(kind, id_, item)
    return {**live_values(kind, item), **live_outputs(kind, item), "platform_url": context.session.url}


def _refuse_other_kind(kind: Kind, id_: str, item: dict[str, object]) -> None:
    if mismatch := kind.mismatch(item):
        raise PlatformError(f"{id_} {mismatch}")


def _merge_live(kind: Kind, item: dict[str, object], values: Values) -> Values:
    live = {**inputs_of(kind, values), **live_outputs(kind, item)}
    for field in kind.shown_fields:
        if field.name in values and field.is_shown_in(item):
            value = field.from_wire(item)
            if value is None:
                del live[field.name]
            else:
                live[field.name] = value
    return live


def _with_default_name(known: Values, live: Values) -> Values:
    """The live values; beside a name that somebody else has given, the one that the object was made with."""
    own = known.get("name")
    if DEFAULT_NAME in known or own is None or live.get("name") == own:
        return live
    return {**live, DEFAULT_NAME: own}


# Update


def update(kind: Kind, id_: str, olds: Values, news: Values, context: Context) -> Values:
    """Change the object in place and test it; if the test fails the old values are put back before the error."""
    _check_identity(kind, olds, context)
    context.session.remember(id_)
    changed = [field for field in kind.wire_fields if _differs(olds.get(field.name), news.get(field.name))]
    if not any(_is_sent(field, olds, news) for field in changed):
        return {**news, **outputs_of(kind, olds)}
    try:
        context.session.client.put(kind.collection.item_path(id_), to_wire(kind, _without_ignored(olds, news)))
    except NotFound:
        raise _gone_error(kind, id_, news) from None
    finally:
        _end_update(kind, id_, news, context)
    try:
        item = kind.steps.verify(kind, id_, news, context)
        told = outputs_of(kind, olds) if item is None else live_outputs(kind, item)
    except PlatformError as error:
        raise _roll_back(kind, id_, olds, news, context, error) from None
    return {**news, **told}


def _without_ignored(olds: Values, news: Values) -> Values:
    """The new values without references that have not changed, but lead elsewhere today: such a change is ignored.

    A secret that is left out stays as it is on the platform (platform-api.md §16).
    """
    return {
        name: value
        for name, value in news.items()
        if not (isinstance(value, SecretReference) and value == olds.get(name) and not value.still_leads_there())
    }


def _end_update(kind: Kind, id_: str, values: Values, context: Context) -> None:
    context.session.invalidate(kind.collection, values.get("project_id"), id_)
    kind.steps.end_update(id_, context)


def _roll_back(
    kind: Kind, id_: str, olds: Values, news: Values, context: Context, error: PlatformError
) -> PlatformError:
    """The error to raise after the old values were put back, or could not be."""
    kept = {name: value for name, value in olds.items() if not (isinstance(value, SecretReference) or value is UNTOLD)}
    lost = [name for name in olds if name not in kept and not same_secret(olds[name], news.get(name))]
    try:
        with operation.limited(_CLEANUP_TIME):
            context.session.client.put(kind.collection.item_path(id_), to_wire(kind, kept))
    except PlatformError as second:
        return PlatformError(f"{error}. The old values could not be put back: {second}")
    finally:
        _end_update(kind, id_, olds, context)
    if lost:
        return PlatformError(
            f"{error}. The old values are back, except that of {', '.join(lost)}: "
            "it is not in the state, so the old one is not known"
        )
    return PlatformError(f"{error}. The old values are back")


# Delete


def delete(kind: Kind, id_: str, values: Values, context: Context) -> None:
    """Delete the object; one that is gone already is a success. Refused while others still need it."""
    _check_identity(kind, values, context)
    context.session.remember(id_)
    if kind.steps.is_kept_on_delete(kind, id_, values, context):
        return
    kind.steps.before_delete(kind, id_, values, context)
    context.session.delete(kind.collection, values.get("project_id"), id_)
