"""What the routes share: the database, the vault, the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Query, Request

from .calls import CallLog
from .database import Database
from .datasets.copier import Copier
from .events import EventHub
from .faults import Faults
from .settings import Settings
from .vault import Vault


@dataclass
class Services:
    """The parts of one running platform."""

    settings: Settings
    database: Database
    vault: Vault
    token: str
    events: EventHub
    copier: Copier
    calls: CallLog = field(default_factory=CallLog)
    faults: Faults = field(default_factory=Faults)


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Shared = Annotated[Services, Depends(_services)]

PageNumber = Annotated[int, Query(ge=1, le=1_000_000, description="Counted from 1.")]
