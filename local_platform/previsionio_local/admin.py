"""Everything below `/_local/`: what the hosted platform does not have and tests need."""

from __future__ import annotations

from pydantic import BaseModel, Field

from .call_log import Call
from .faults import FaultRule
from .first_steps import sign_in_link
from .overview import Overview, overview
from .seeding import Seed, default_project, reset, seed
from .state import Shared
from .web import Router

router = Router("/_local", "local")


class Latency(BaseModel):
    """How long every call waits before it is handled."""

    seconds: float = Field(ge=0, le=3600)


class Calls(BaseModel):
    """Recorded calls."""

    items: list[Call]
    max_in_flight: int


class Started(BaseModel):
    """The project that a platform always has."""

    project_id: str


class Link(BaseModel):
    """A way in for a browser."""

    url: str


class Seeded(BaseModel):
    """The ids of what was stored, in the order in which it was given."""

    projects: list[str]
    connectors: list[str]
    data_sources: list[str]


@router.call("GET", "/health")
async def health() -> dict[str, str]:
    """Say that the platform is up. Needs no token."""
    return {"status": "ok"}


@router.call("GET", "/project")
def project(shared: Shared) -> Started:
    """Return the id of the default project, which is made again if it was deleted."""
    return Started(project_id=default_project(shared))


@router.call("GET", "/overview")
def show_all(shared: Shared) -> Overview:
    """Return all projects and what is in them, in short."""
    return overview(shared)


@router.call("POST", "/sign-in")
async def make_sign_in_link(shared: Shared) -> Link:
    """Return a link that signs a browser in once, within the hour."""
    return Link(url=sign_in_link(shared))


@router.call("POST", "/reset")
def start_afresh(shared: Shared) -> Started:
    """Drop all objects, recorded calls, faults and latency. The default project comes back under its old id."""
    return Started(project_id=reset(shared))


@router.call("POST", "/seed")
def store_many(objects: Seed, shared: Shared) -> Seeded:
    """Store many objects at once, linked by ids that the caller may choose."""
    return Seeded.model_validate(seed(shared, objects))


@router.call("GET", "/calls")
async def list_calls(shared: Shared) -> Calls:
    """List the calls below `/ext/v1` since they were last cleared, without `/events`."""
    calls = shared.calls
    return Calls(items=list(calls.calls), max_in_flight=calls.max_in_flight)


@router.call("DELETE", "/calls", status=204)
async def clear_calls(shared: Shared) -> None:
    """Forget the calls so far."""
    shared.calls.clear()


@router.call("PUT", "/faults", status=204)
async def plant_faults(rules: list[FaultRule], shared: Shared) -> None:
    """Replace all faults. They hit calls below `/ext/v1`, except `/events`."""
    shared.faults.set(rules)


@router.call("DELETE", "/faults", status=204)
async def clear_faults(shared: Shared) -> None:
    """Take all faults away."""
    shared.faults.set([])


@router.call("PUT", "/latency", status=204)
async def set_latency(latency: Latency, shared: Shared) -> None:
    """Make every call below `/ext/v1` wait before it is handled; 0 takes it away."""
    shared.faults.latency = latency.seconds
