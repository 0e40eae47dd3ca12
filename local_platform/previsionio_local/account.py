"""The one account of a local platform, which owns every project, and the calls about the session itself."""

from __future__ import annotations

from pydantic import BaseModel, Field

from ._version import __version__
from .settings import API
from .web import Router

USER_ID = "00000000000000000000000a"
EMAIL = "local@previsionio.invalid"

router = Router(API, "session")


class Version(BaseModel):
    """Which platform this is."""

    name: str = "previsionio-local"
    version: str


class Profile(BaseModel):
    """The account behind the token."""

    id: str = Field(default=USER_ID, serialization_alias="_id")
    email: str = EMAIL
    first_name: str = "Local"
    last_name: str = "User"


@router.call("GET", "/version")
async def get_version() -> Version:
    """Which platform answers. The vendor's SDK asks this first, to try its token."""
    return Version(version=__version__)


@router.call("GET", "/profile")
async def get_profile() -> Profile:
    """The account behind the token."""
    return Profile()
