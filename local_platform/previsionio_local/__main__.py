"""The command `previsionio-local`. What takes long to import is imported when it is needed."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ._version import __version__

if TYPE_CHECKING:
    from .server import Server
    from .settings import Settings


def _default_folder() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "previsionio-local"


@click.group(invoke_without_command=True)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=_default_folder,
    show_default="~/.local/share/previsionio-local",
    help="Folder that keeps everything; made if it is not there.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0: a free one.  [default: the one that the folder had last, at first a free one]",
)
@click.option(
    "--allowed-host",
    "allowed_hosts",
    multiple=True,
    metavar="NAME",
    help="A name by which callers may call it, beside localhost and addresses in numbers; may be given again.",
)
@click.option(
    "--update/--no-update",
    default=True,
    show_default=True,
    help="Offer updates in place, which the hosted platform does not.",
)
@click.option("--page-size", type=click.IntRange(1), default=50, show_default=True, help="Items on a page of a list.")
@click.option("--s3-endpoint", envvar="PREVISIONIO_LOCAL_S3_ENDPOINT", show_envvar=True, help="Where S3 leads.")
@click.option("--s3-region", envvar="PREVISIONIO_LOCAL_S3_REGION", default="us-east-1", show_default=True)
@click.option(
    "--gcs-endpoint", envvar="PREVISIONIO_LOCAL_GCS_ENDPOINT", show_envvar=True, help="Where Google Storage leads."
)
@click.option(
    "--bigquery-endpoint", envvar="PREVISIONIO_LOCAL_BIGQUERY_ENDPOINT", show_envvar=True, help="Where BigQuery leads."
)
@click.option(
    "--connect-timeout",
    type=click.FloatRange(0.1),
    default=5.0,
    show_default=True,
    envvar="PREVISIONIO_LOCAL_CONNECT_TIMEOUT",
    show_envvar=True,
    help="Seconds to wait for a source.",
)
@click.option(
    "--request-timeout",
    type=click.FloatRange(0.1),
    default=30.0,
    show_default=True,
    help="Seconds that a request may take to come in whole, and that a longer body may pause.",
)
@click.option(
    "--copy-timeout",
    type=click.FloatRange(1),
    default=3600.0,
    show_default=True,
    help="Seconds that a source may keep a snapshot waiting for its next rows.",
)
@click.option("--copies", type=click.IntRange(1), default=16, show_default=True, help="Snapshots copied at once.")
@click.version_option(__version__)
@click.pass_context
def command(context: click.Context, /, **options: Any) -> None:
    """Serve a Prevision.io platform on this machine.

    Prints the address when it is ready, a link to look at it with a browser, and how a program uses it.
    The token that callers must send is PREVISION_MASTER_TOKEN, or else the one in the file `token` of the folder.
    """
    if context.invoked_subcommand is None:
        _serve(**options)


@command.command()
@click.option("--data", type=click.Path(path_type=Path), help="Folder of the platform.  [default: as above]")
@click.pass_context
def status(context: click.Context, data: Path | None) -> None:
    """Show what a running platform holds, and a new link to look at it."""
    from .status import NotRunningError, report

    try:
        click.echo(report(data or context.find_root().params["data"], os.environ.get("PREVISION_MASTER_TOKEN")))
    except NotRunningError as error:
        _fail(error)


def _serve(data: Path, host: str, port: int | None, **options: Any) -> None:
    from .app import open_state
    from .first_steps import ADDRESS, first_steps, last_port
    from .folder import FolderError, write_whole
    from .server import Server, listen

    # What clients get wrong, they are told; the log is for what goes wrong here.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    settings = _settings(data, host, **options)
    try:
        with open_state(settings) as state:
            listener, state.url = listen(host, last_port(data) if port is None else port)
            write_whole(data / ADDRESS, state.url)
            server = Server(state, lambda: _ready(first_steps(state)))
            asyncio.run(_until_signal(server, listener))
    except (OSError, FolderError) as error:
        _fail(error)
    # A thread that still waits for a source must not hold up the end; what was answered is stored.
    sys.stdout.flush()
    os._exit(0)


def _ready(first_steps: str) -> None:
    # What was loaded so far stays: a look through all of it for garbage would hold up calls for tens of milliseconds.
    gc.freeze()
    print(first_steps, flush=True)


def _settings(data: Path, host: str, **options: Any) -> Settings:
    from .settings import Settings, SourceSettings

    of_sources = ("s3_endpoint", "s3_region", "gcs_endpoint", "bigquery_endpoint", "connect_timeout", "copy_timeout")
    sources = SourceSettings(**{name: options.pop(name) for name in of_sources}, spool=data / "spool")
    options["allowed_hosts"] = (host.lower(), *(name.lower() for name in options["allowed_hosts"]))
    return Settings(data, token=os.environ.get("PREVISION_MASTER_TOKEN") or None, sources=sources, **options)


async def _until_signal(server: Server, listener: socket.socket) -> None:
    def stop() -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    await server.serve([listener])


def _fail(error: Exception) -> None:
    click.echo(f"previsionio-local: {error}", err=True)
    raise click.exceptions.Exit(1)


def main() -> None:
    """Run the command."""
    command(prog_name="previsionio-local")


if __name__ == "__main__":
    main()
