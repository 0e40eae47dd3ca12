"""What the routes share: the database, the cipher, the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from .call_log import CallLog
from .database import Database
from .datasets.copier import Copier
from .encryption import Cipher
from .events import EventHub
from .faults import Faults
from .settings import Settings
from .sign_in import SignIns
from .web import PLATFORM


@dataclass
class State:
    """The parts of one running platform."""

    settings: Settings
    database: Database
    cipher: Cipher
    token: str
    events: EventHub
    copier: Copier
    calls: CallLog = field(default_factory=CallLog)
    faults: Faults = field(default_factory=Faults)
    sign_ins: SignIns = field(default_factory=SignIns)
    url: str = ""
    """Its address, once it listens."""
    stopping: bool = False
    """Whether no further call will be answered."""


Shared = Annotated[State, PLATFORM]

PageNumber = Annotated[int, Field(ge=1, le=1_000_000, description="Counted from 1.")]
