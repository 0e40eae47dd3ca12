"""`make up` and `make down`: `python -m tools.quickstart up|down`, from the root of the repository.

`up` starts a local platform and an FTP server, and runs a real `pulumi up` of the stack in the root over them; run
again, it finds all of that and changes nothing. `down` takes back what `up` did. What both keep is in `.state`.
"""

import argparse
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.quickstart.api import Platform, PlatformError
from tools.quickstart.engine import Engine, has_stack
from tools.quickstart.services import Service, ServiceError
from tools.quickstart.surroundings import ftp_server, local_platform, secret

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / ".state"
PROJECT = "Quickstart"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.quickstart", description=__doc__)
    parser.add_argument("command", choices=["up", "down"])
    command = parser.parse_args().command
    _prepare_process()
    with _alone():
        try:
            return up() if command == "up" else down()
        except (ServiceError, PlatformError) as error:
            print(f"quickstart: {error}", file=sys.stderr)
        except subprocess.CalledProcessError as error:
            name = Path(error.cmd[0]).name
            print(f"quickstart: `{' '.join([name, *error.cmd[1:2]])}` failed", file=sys.stderr)
    return 1


def up() -> int:
    """Brings everything up, and shows what there is."""
    engine = Engine.find(ROOT, STATE)
    (_, ftp), platform = _start_services()
    engine.select_stack()
    engine.configure(
        {
            "previsionio:url": platform.url,
            "previsionio:projectId": platform.project(PROJECT),
            "previsionio-quickstart:ftpHost": "127.0.0.1",
            "previsionio-quickstart:ftpPort": str(ftp.port),
            "previsionio-quickstart:ftpUsername": "quickstart",
        },
        secrets={
            "previsionio:token": platform.token,
            "previsionio-quickstart:ftpPassword": secret(STATE, "ftp-password"),
        },
    )
    engine.pulumi("up", "--yes")
    outputs = engine.outputs()

    print(f"\nThe platform is at {platform.url}, its token in .state/token.")
    if "datasourceId" in outputs:  # whoever tries things out may have taken it away
        print("What the data source points at, read back through the platform:\n")
        for label, value in platform.describe(outputs["datasourceId"]):
            print(f"  {label:<12}{value}")
    print("\nYour turn: edit __main__.py, then `. .state/env && pulumi preview`. `make down` takes everything back.")
    print(f"Look at the platform: {platform.sign_in_link()}")
    return 0


def down() -> int:
    """Destroys the stack, with the platform there to hear of it, and stops what `up` started."""
    services = _services()
    if has_stack(STATE):
        _start_services()
        engine = Engine.find(ROOT, STATE)
        engine.select_stack()
        engine.pulumi("destroy", "--yes")
        engine.pulumi("stack", "rm", "--yes")
    for service in services:
        print(f"{service.name}: {'stopped' if service.stop() else 'does not run'}")
    return 0


def _services() -> tuple[Service, Service]:
    return local_platform(STATE), ftp_server(STATE)


def _start_services() -> tuple[tuple[Service, Service], Platform]:
    services = _services()
    for service in services:
        state = "started" if service.ensure() else "runs already"
        print(f"{service.name}: {state}, 127.0.0.1:{service.port}", flush=True)
    return services, Platform(f"http://127.0.0.1:{services[0].port}", secret(STATE, "token"))


def _prepare_process() -> None:
    os.umask(0o077)  # Keys, passwords and the platform's data are nobody else's business.
    # A signal ignored here is ignored by the engine too, which uses it to end programs: five seconds later each.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def _alone() -> Iterator[None]:
    """Two of these at once take turns."""
    STATE.mkdir(exist_ok=True)
    STATE.chmod(0o700)
    with (STATE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
