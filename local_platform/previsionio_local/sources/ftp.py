"""FTP connectors, with TLS where the server offers it."""

from __future__ import annotations

import ftplib
import socket
import ssl
from typing import IO, TYPE_CHECKING, Any

from .base import SourceError, access_denied, library_reason, unreachable
from .files import Entry, FileSource, FolderNotFile, MissingFile, NoParts, UnlistableFolder, UnreadableFile
from .ftp_listing import Listed, from_facts, from_text

if TYPE_CHECKING:
    from collections.abc import Callable

_CHUNK = 256 << 10
_NO_SUCH_COMMAND = ("500", "501", "502", "504", "530", "534")


class _Client(ftplib.FTP_TLS):
    """A client that takes names as the bytes that they are: every byte is a character of Latin-1."""

    def __init__(self, timeout: float) -> None:
        # A connector has no field for a certificate's authority, so TLS keeps listeners out, not impostors.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        super().__init__(timeout=timeout, context=context, encoding="latin-1")
        self.is_private = False

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        # Servers such as ProFTPD want the session of the control connection, which the library does not reuse
        # (https://github.com/python/cpython/issues/63699).
        connection, size = ftplib.FTP.ntransfercmd(self, cmd, rest)  # noqa: S321 - what a connector of this kind is for
        if self.is_private and isinstance(self.sock, ssl.SSLSocket):
            connection = self.context.wrap_socket(connection, server_hostname=self.host, session=self.sock.session)
        return connection, size


class FTPSource(FileSource):
    """An FTP server."""

    errors = (ftplib.Error, EOFError, OSError, ValueError)

    _client: _Client | None = None

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _connect(self) -> None:
        if self._client is not None:
            return
        to = self._to
        client = _Client(self._settings.connect_timeout)
        try:
            client.connect(to.host, to.port)
            _start_tls(client)
            if client.sock:
                client.sock.settimeout(self._settings.read_timeout)
            client.timeout = self._settings.read_timeout
            client.login(_wire(to.username), _wire(to.password), secure=False)
            if isinstance(client.sock, ssl.SSLSocket):
                client.prot_p()
                client.is_private = True
            client.voidcmd("TYPE I")
            self._home = _text(client.pwd()) or "/"
            self._client = client
        except ftplib.error_perm as error:
            raise SourceError(
                access_denied(to) if str(error).startswith("530") else f"{to.address} refused: {_reason(error, self)}"
            ) from None
        except (ftplib.Error, EOFError, ssl.SSLError) as error:
            raise SourceError(f"no FTP server answers at {to.address}: {library_reason(error, to)}") from None
        except (OSError, UnicodeError, ValueError) as error:
            raise unreachable(to.address, error) from None
        finally:
            if self._client is None:
                client.close()

    def _read_beginning(self, path: str, size: int) -> bytes:
        try:
            return self._received(path, size)
        except ValueError:  # a line break, which no command can hold
            raise MissingFile from None
        except ftplib.error_perm as error:
            raise self._why_not(path, error) from None

    def _size(self, path: str) -> int:
        try:
            size = self._logged_in().size(self._right_spelling(path))
        except ftplib.error_perm:
            size = None
        if size is None:
            raise NoParts
        return size

    def _part(self, path: str, start: int, size: int) -> bytes:
        try:
            return self._received(path, size, start)
        except ftplib.error_perm:
            raise NoParts from None

    def _received(self, path: str, size: int, start: int | None = None) -> bytes:
        client = self._logged_in()
        with client.transfercmd(f"RETR {self._right_spelling(path)}", start) as connection:
            received = bytearray()
            while len(received) < size and (more := connection.recv(size - len(received))):
                received += more
        if len(received) < size:
            # It says only now whether that was all.
            client.voidresp()
        else:
            # What else it says of a broken transfer differs from server to server.
            self.close()
        return bytes(received)

    def _fetch(self, path: str, into: IO[bytes]) -> None:
        client = self._logged_in()
        with client.transfercmd(f"RETR {self._right_spelling(path)}") as connection:
            while data := connection.recv(_CHUNK):
                into.write(data)
        client.voidresp()

    def _list(self, folder: str) -> list[Entry]:
        listed, complete = self._listed(_wire(folder))
        # A link to a folder may lead in circles.
        entries = [
            Entry(_text(each.name), each.kind == "folder")
            for each in listed
            if each.kind != "link" or self._knows_size(f"{_wire(folder).rstrip('/')}/{each.name}")
        ]
        if not complete:
            raise UnlistableFolder("its listing is not understood", tuple(entries))
        return entries

    def _listed(self, folder: str) -> tuple[list[Listed], bool]:
        client = self._logged_in()
        readers: list[tuple[str, Callable[[list[str]], tuple[list[Listed], bool]]]] = [
            ("MLSD", from_facts),
            ("LIST", from_text),
        ]
        for command, read in readers:
            lines: list[str] = []
            try:
                # LIST takes options where others take a path, so the folder is entered.
                client.cwd(folder)
                client.retrlines(command, lines.append)
            except ftplib.error_perm as error:
                if str(error)[:3] in _NO_SUCH_COMMAND and command == "MLSD":
                    continue
                raise UnlistableFolder(_reason(error, self)) from None
            # Lists are text; sizes and files are not.
            client.voidcmd("TYPE I")
            return read(lines)
        raise UnlistableFolder("the server lists nothing")

    def _why_not(self, path: str, error: ftplib.error_perm) -> Exception:
        """Return why a file cannot be read; servers have one number for all reasons."""
        if self._accepts(f"CWD {_wire(path)}"):
            return FolderNotFile()
        reason = _reason(error, self)
        if str(error).startswith("550") and "denied" not in reason.lower() and not self._knows_size(_wire(path)):
            return MissingFile()
        if str(error)[:3] in ("501", "553"):
            return MissingFile()
        return UnreadableFile(reason)

    def _right_spelling(self, path: str) -> str:
        """Return the path as this server has it: in UTF-8, or in Latin-1 as old servers do."""
        if not path.isascii() and not self._knows_size(_wire(path)):
            try:
                old = path.encode("latin-1").decode("latin-1")
            except UnicodeEncodeError:
                return _wire(path)
            if self._knows_size(old):
                return old
        return _wire(path)

    def _knows_size(self, path: str) -> bool:
        return self._accepts(f"SIZE {path}")

    def _accepts(self, command: str) -> bool:
        try:
            self._logged_in().voidcmd(command)
        except (ftplib.error_perm, ValueError):
            return False
        return True

    def _logged_in(self) -> _Client:
        self._connect()
        assert self._client is not None
        return self._client


def _start_tls(client: _Client) -> None:
    try:
        client.auth()
    except ftplib.error_perm as error:
        if str(error)[:3] not in _NO_SUCH_COMMAND:
            raise


def _wire(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def _text(wire: str) -> str:
    data = wire.encode("latin-1")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return wire


def _reason(error: Any, source: FTPSource) -> str:
    return _text(library_reason(error, source._to))
