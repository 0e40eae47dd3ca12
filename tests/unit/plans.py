"""Update plans of the engine, as `pulumi preview --save-plan` writes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_previsionio import _dynamic
from pulumi_previsionio._cli.manifest import TYPE
from pulumi_previsionio._cli.update_plan import UNKNOWN

STACK = "urn:pulumi:dev::test::pulumi:pulumi:Stack::test-dev"
DEFAULT = f"urn:pulumi:dev::test::pulumi:providers:pulumi-python::default::{UNKNOWN}"
CIPHERTEXT = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc:def"}


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:dev::test::{TYPE}{kind}::{name}"


def provider_text(kind: str) -> str:
    """The by-reference text of a kind's provider class, as the SDK itself writes it."""
    from pulumi.dynamic.dynamic import serialize_provider

    provider = getattr(_dynamic, f"{kind}Provider")()
    return str(serialize_provider(provider))


def resource(
    kind: str,
    name: str,
    inputs: Mapping[str, Any] | None = None,
    *,
    steps: Sequence[str] = ("create",),
    depends: Mapping[str, str] | None = None,
) -> Any:
    """One entry: URN and content. `depends` says of inputs which resource their value comes from."""
    inputs = inputs or {}
    goal = {
        "type": TYPE + kind,
        "name": name,
        "custom": True,
        "inputDiff": {"adds": {"__provider": provider_text(kind), **inputs}},
        "parent": STACK,
        "provider": DEFAULT,
        "propertyDependencies": {key: [source] for key, source in (depends or {}).items()},
        "additionalSecretOutputs": [key for key, value in inputs.items() if value is CIPHERTEXT],
    }
    return urn(kind, name), {"goal": goal, "steps": list(steps)}


def component(name: str, step: str = "create") -> Any:
    goal = {"type": "my:index:Component", "name": name, "custom": False, "parent": STACK}
    return f"urn:pulumi:dev::test::my:index:Component::{name}", {"goal": goal, "steps": [step]}


def plan(*entries: Any, dropped: str | None = None) -> dict[str, Any]:
    """A whole plan, with what the engine adds by itself, and perhaps a resource that it would delete."""
    own = {
        STACK: {"goal": {"type": "pulumi:pulumi:Stack", "name": "test-dev", "custom": False}, "steps": ["create"]},
        DEFAULT.rpartition("::")[0]: {
            "goal": {"type": "pulumi:providers:pulumi-python", "name": "default", "custom": True},
            "steps": ["create"],
        },
    }
    gone = {dropped: {"goal": None, "steps": ["delete"]}} if dropped else {}
    return {"resourcePlans": {**own, **dict(entries), **gone}}
