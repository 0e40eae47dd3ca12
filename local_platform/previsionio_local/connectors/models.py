"""Connectors as they are stored: everything in the clear but the credentials."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..database import Tested, now
from ..encryption import Cipher
from ..ids import new_id
from ..sources import Connection
from .schemas import ConnectorBody, ConnectorFields


@dataclass(eq=False)
class Connector(Tested):
    """A connector."""

    TABLE = "connectors"
    NOUN = "connector"

    type: str
    name: str
    host: str | None
    port: int | None
    username: str | None
    credentials: bytes = field(repr=False)
    """Encrypted: `password` or `googleCredentials`."""

    def connection(self, cipher: Cipher) -> Connection:
        """Return how to reach the source, credentials in the clear."""
        credentials = cipher.decrypt(self.credentials)
        return Connection(
            type=self.type,
            host=self.host or "",
            port=self.port or 0,
            username=self.username or "",
            password=credentials.get("password", ""),
            google_credentials=credentials.get("googleCredentials", {}),
        )

    def update(self, body: ConnectorFields, cipher: Cipher) -> None:
        """Take over what `body` says. A secret that it leaves out stays as it was."""
        self.name = body.name
        self.host = body.host
        self.port = body.port
        self.username = body.username
        self.tested_at = self.test_error = None
        if sent := body.credentials():
            self.credentials = cipher.encrypt(sent)


def new_connector(project_id: str, body: ConnectorBody, cipher: Cipher, id: str | None = None) -> Connector:  # noqa: A002
    """Return a connector that is not stored yet."""
    return Connector(
        number=0,
        id=id or new_id(),
        created_at=now(),
        project_id=project_id,
        tested_at=None,
        test_error=None,
        type=body.type,
        name=body.name,
        host=body.host,
        port=body.port,
        username=body.username,
        credentials=cipher.encrypt(body.credentials()),
    )
