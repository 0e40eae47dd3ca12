"""The command `previsionio-local`."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from .server import Server

command = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@command.command()
def serve(
    data: Annotated[Path, typer.Option(help="Folder that keeps everything; made if it is not there.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0: a free one.")] = 0,
    update: Annotated[bool, typer.Option(help="Offer updates in place, which the hosted platform does not.")] = True,
    page_size: Annotated[int, typer.Option(min=1, help="Items on a page of a list.")] = 50,
    s3_endpoint: Annotated[
        str | None, typer.Option(envvar="PREVISIONIO_LOCAL_S3_ENDPOINT", help="Where S3 connectors lead.")
    ] = None,
    s3_region: Annotated[str, typer.Option(envvar="PREVISIONIO_LOCAL_S3_REGION")] = "us-east-1",
    gcs_endpoint: Annotated[
        str | None, typer.Option(envvar="PREVISIONIO_LOCAL_GCS_ENDPOINT", help="Where Google Storage sources lead.")
    ] = None,
    bigquery_endpoint: Annotated[
        str | None, typer.Option(envvar="PREVISIONIO_LOCAL_BIGQUERY_ENDPOINT", help="Where BigQuery sources lead.")
    ] = None,
    connect_timeout: Annotated[
        float,
        typer.Option(min=0.1, envvar="PREVISIONIO_LOCAL_CONNECT_TIMEOUT", help="Seconds to wait for a source."),
    ] = 5.0,
    copy_timeout: Annotated[
        float, typer.Option(min=1, help="Seconds that a source may keep a snapshot waiting for its next rows.")
    ] = 3600.0,
    copies: Annotated[int, typer.Option(min=1, help="Snapshots that are copied at once.")] = 16,
) -> None:
    """Serve a Prevision.io platform on this machine.

    The token that callers must send is PREVISION_MASTER_TOKEN, or else the one in the file `token` of the data folder.
    Prints one line with the address when ready.
    """
    from .app import FolderInUseError, open_state
    from .server import Server, listen
    from .settings import Settings, SourceSettings

    sources = SourceSettings(
        s3_endpoint, s3_region, gcs_endpoint, bigquery_endpoint, connect_timeout, copy_timeout=copy_timeout
    )
    token = os.environ.get("PREVISION_MASTER_TOKEN") or None
    settings = Settings(data, token, update, page_size, sources, copies)
    try:
        with open_state(settings) as state:
            listener, url = listen(host, port)
            server = Server(state, lambda: print(f"previsionio-local is ready at {url}", flush=True))
            asyncio.run(_until_signal(server, listener))
    except (OSError, FolderInUseError) as error:
        typer.echo(f"previsionio-local: {error}", err=True)
        raise typer.Exit(1) from None
    # A thread that still waits for a source must not hold up the end; what was answered is stored.
    sys.stdout.flush()
    os._exit(0)


async def _until_signal(server: Server, listener: socket.socket) -> None:
    def stop() -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    await server.serve([listener])


def main() -> None:
    """Run the command."""
    command()


if __name__ == "__main__":
    main()
