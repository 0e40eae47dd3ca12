"""Connectors as they travel."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from ..errors import PlatformError
from ..schemas import Body, Refusal, View
from .types import CONNECTOR_TYPES

Type = Literal["SQL", "FTP", "SFTP", "S3", "GCP"]

SECRETS = ("password", "googleCredentials")


class ConnectorFields(Body):
    """What every connector says of itself, apart from its type."""

    name: str
    host: str | None = None
    port: int | None = Field(None, ge=1, le=65535)
    username: str | None = Field(None, description="S3: the access key")
    password: str | None = Field(None, repr=False, description="S3: the secret key. Never returned")
    googleCredentials: dict[str, Any] | None = Field(  # noqa: N815
        None, repr=False, description="GCP: a service account's JSON. Never returned"
    )

    def credentials(self) -> dict[str, Any]:
        """Return the secrets that were sent."""
        return {name: value for name in SECRETS if (value := getattr(self, name)) is not None}

    def require(self, kind: str, but: tuple[str, ...] = ()) -> None:
        """Refuse the body if a field that `kind` needs is missing, except those in `but`."""
        missing = [name for name in CONNECTOR_TYPES[kind].required if name not in but and getattr(self, name) is None]
        if missing:
            raise PlatformError(400, *(f"{name}: an {kind} connector needs it" for name in missing))


class ConnectorBody(ConnectorFields):
    """What a connector is made from."""

    type: Type


class ConnectorUpdate(ConnectorFields):
    """What a connector becomes; a secret left out stays."""

    type: Type | None = None


class ConnectorView(View):
    """A connector, without its secrets."""

    project_id: str
    name: str
    type: Type
    host: str | None
    port: int | None
    username: str | None


class Found(BaseModel):
    """The source has it."""

    found: bool = True


class NotFound(Refusal):
    """The source does not have it: which field is wrong, and the nearest names that the source has."""

    field: str
    candidates: list[str]
