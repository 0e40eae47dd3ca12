"""OpenSSH's own server, for SFTP alone, with the files of `content`.

It knows one user, `reader`, who exists nowhere but in files of the test run: nss_wrapper shows it those in place of the
machine's accounts. So it runs without root and changes nothing on the machine.
"""

import os
from dataclasses import dataclass

from tests.servers.process import HOST, find_program, free_ports, run_tool, start_process, unprivileged_user, wait_until
from tests.servers.proftpd import SFTP, make_home, meet, write_private
from tests.servers.run import ServerRun

CONFIGURATION = """
ListenAddress {host}
Port {port}
HostKey {folder}/hostkey
PidFile none
StrictModes no
UseDNS no
UsePAM no
AllowUsers reader
PasswordAuthentication yes
KbdInteractiveAuthentication no
PubkeyAuthentication no
# The tests connect side by side.
MaxStartups 100
Subsystem sftp internal-sftp
ForceCommand internal-sftp -d {folder}/home
"""
WRAPPER = "libnss_wrapper.so"


@dataclass(frozen=True)
class OpenSSH(SFTP):
    """A running SFTP server."""


def start(run: ServerRun) -> OpenSSH:
    folder = run.new_folder("openssh")
    password = "p@ss'w\"örd %40:/#?"
    (port,) = free_ports(1)
    user = unprivileged_user()
    uid, gid = user or (os.getuid(), os.getgid())
    home = make_home(folder, user)

    hashed = run_tool([find_program("openssl", "openssl"), "passwd", "-6", "-stdin"], folder, text=password).strip()
    write_private(folder / "passwd", f"reader:x:{uid}:{gid}::{home}:/bin/sh\n")
    write_private(folder / "shadow", f"reader:{hashed}:19000:0:99999:7:::\n")
    write_private(folder / "group", f"reader:x:{gid}:\n")
    write_private(folder / "sshd_config", CONFIGURATION.format(host=HOST, port=port, folder=folder))
    make_key = (find_program("ssh-keygen", "openssh-client"), "-q", "-t", "rsa", "-b", "2048", "-N", "", "-C", "")
    run_tool([*make_key, "-f", str(folder / "hostkey")], folder)
    host_key = (folder / "hostkey.pub").read_text().strip()
    if user:
        for name in ("passwd", "shadow", "group", "sshd_config", "hostkey"):
            os.chown(folder / name, *user)

    process = start_process(
        "OpenSSH",
        [find_program("sshd", "openssh-server"), "-D", "-e", "-f", str(folder / "sshd_config")],
        folder,
        run.owner,
        user=user,
        extra_environment={
            "LD_PRELOAD": WRAPPER,
            "NSS_WRAPPER_PASSWD": str(folder / "passwd"),
            "NSS_WRAPPER_SHADOW": str(folder / "shadow"),
            "NSS_WRAPPER_GROUP": str(folder / "group"),
        },
    )
    wait_until(process, lambda: meet(port), lambda error: isinstance(error, ConnectionRefusedError))
    return OpenSSH(HOST, port, "reader", password, str(home), str(home), host_key)
