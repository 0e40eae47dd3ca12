"""ProFTPD, once as an FTP and once as an SFTP server, with the files of `content`."""

import grp
import os
import pwd
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tests.servers import content
from tests.servers.process import (
    HOST,
    find_program,
    free_ports,
    run_tool,
    start_process,
    unprivileged_user,
    wait_until,
)
from tests.servers.run import ServerRun

CONFIGURATION = """
ModulePath /usr/lib/proftpd
{module}
ServerName test
ServerType inetd
DefaultServer on
DefaultAddress {host}
SocketBindTight on
Port {port}
UseIPv6 off
UseReverseDNS off
User {user}
Group {group}
PidFile {folder}/pid
ScoreboardFile none
# Without a control socket and a delay table: both are files outside of the folder.
ControlsEngine off
DelayEngine off
WtmpLog off
TransferLog none
SystemLog {folder}/log
AuthOrder mod_auth_file.c
AuthUserFile {folder}/passwd
AuthGroupFile {folder}/group
AuthPAM off
RequireValidShell off
AllowOverwrite on
AllowStoreRestart on
{protocol}
"""


@dataclass(frozen=True)
class _FileServer:
    host: str
    port: int
    username: str
    password: str
    folder: str
    """What clients see as the folder they log in to: `/` if the server is root's and can lock them in there."""

    home: str
    """The same folder on this machine's disk.  Tests that write use subfolders of their own."""

    files: ClassVar = content.FILES

    def path(self, file: str) -> str:
        """The absolute path, as seen by clients, of a name in `files`."""
        return f"{self.folder.rstrip('/')}/{file}"


@dataclass(frozen=True)
class FTP(_FileServer):
    """A running FTP server."""


@dataclass(frozen=True)
class FTPS(FTP):
    """A running FTP server that lets nobody in without TLS, and no data either."""


@dataclass(frozen=True)
class SFTP(_FileServer):
    """A running SFTP server."""

    host_key: str
    """The server's public key, as in a `known_hosts` line without the host."""


def start_ftp(run: ServerRun) -> FTP:
    folder = run.new_folder("ftp")
    password = "p@ss'w\"örd %40:/#?"
    port = _serve("FTP", run, folder, password, module="", protocol="")
    return FTP(HOST, port, "reader", password, _folder_seen_by_clients(folder), str(folder / "home"))


def start_ftps(run: ServerRun) -> FTPS:
    folder = run.new_folder("ftps")
    password = "p@ss'w\"örd %40:/#?"
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    run_tool(
        [
            find_program("openssl", "openssl"),
            *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={HOST}"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        folder,
    )
    port = _serve(
        "FTPS",
        run,
        folder,
        password,
        module="LoadModule mod_tls.c",
        protocol=(f"TLSEngine on\nTLSRequired on\nTLSRSACertificateFile {certificate}\nTLSRSACertificateKeyFile {key}"),
    )
    return FTPS(HOST, port, "reader", password, _folder_seen_by_clients(folder), str(folder / "home"))


def start_sftp(run: ServerRun) -> SFTP:
    folder = run.new_folder("sftp")
    password = "p@ss'w\"örd %40:/#?"
    key = folder / "hostkey"
    # PEM: mod_sftp reads no key in OpenSSH's own format.
    run_tool(
        [
            find_program("ssh-keygen", "openssh-client"),
            *("-q", "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "", "-C", "", "-f", str(key)),
        ],
        folder,
    )
    port = _serve(
        "SFTP",
        run,
        folder,
        password,
        module="LoadModule mod_sftp.c",
        protocol=f"SFTPEngine on\nSFTPHostKey {key}\nSFTPAuthMethods password",
    )
    host_key = key.with_suffix(".pub").read_text().strip()
    return SFTP(HOST, port, "reader", password, _folder_seen_by_clients(folder), str(folder / "home"), host_key)


def _serve(name: str, run: ServerRun, folder: Path, password: str, *, module: str, protocol: str) -> int:
    """Start ProFTPD for one user, `reader`, and return its port."""
    (port,) = free_ports(1)
    # As root the server serves the files as nobody, and locks clients into the folder; that takes root.
    user = unprivileged_user()
    uid, gid = user or (os.getuid(), os.getgid())
    home = make_home(folder, user)
    if user:
        protocol += "\nDefaultRoot ~"

    hashed = run_tool([find_program("openssl", "openssl"), "passwd", "-6", "-stdin"], folder, text=password).strip()
    write_private(folder / "passwd", f"reader:{hashed}:{uid}:{gid}::{home}:/bin/sh\n")
    write_private(folder / "group", f"reader:x:{gid}:\n")
    configuration = folder / "proftpd.conf"
    configuration.write_text(
        CONFIGURATION.format(
            module=module,
            protocol=protocol,
            host=HOST,
            port=port,
            user=pwd.getpwuid(uid).pw_name,
            group=grp.getgrgid(gid).gr_name,
            folder=folder,
        )
    )
    listener = Path(__file__).with_name("inetd.py")
    process = start_process(
        name,
        [
            *(sys.executable, "-I", "-S", str(listener), HOST, str(port)),
            *(find_program("proftpd", "proftpd-core"), "-q", "-c", str(configuration)),
        ],
        folder,
        run.owner,
    )
    wait_until(process, lambda: meet(port), lambda error: isinstance(error, ConnectionRefusedError))
    return port


def make_home(folder: Path, user: tuple[int, int] | None) -> Path:
    """The folder that clients log in to, with its files; they belong to `user`."""
    home = folder / "home"
    for file, data in content.FILES.items():
        path = home / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    if user:
        for path in (home, *home.rglob("*")):
            shutil.chown(path, *user)
    return home


def meet(port: int) -> None:
    """Wait for the server's first words: they are only said if its configuration is sound."""
    with socket.create_connection((HOST, port), timeout=10) as connection:
        if connection.recv(4) not in (b"220 ", b"SSH-"):
            raise ConnectionError("no greeting")


def _folder_seen_by_clients(folder: Path) -> str:
    return "/" if unprivileged_user() else str(folder / "home")


def write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
