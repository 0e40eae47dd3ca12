"""A server with one route that does nothing, on the framework that the local platform is made of: what is compared to.

`python -m benchmarks.local_platform.bare` prints its address and serves until it is ended.
"""

from __future__ import annotations

import socket

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

ITEM = {
    "_id": "6928a1f09c3d5b7e81f2a604",
    "created_at": "2026-11-28T12:00:00.000Z",
    "project_id": "6928a1f09c3d5b7e81f2a603",
    "name": "customers",
    "type": "SQL",
    "host": "db.example.org",
    "port": 3306,
    "username": "reader",
}


async def answer(_: Request) -> JSONResponse:
    return JSONResponse(ITEM)


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST", "PUT", "DELETE"])])
    # Everything as the local platform has it.
    config = uvicorn.Config(
        app, http="h11", ws="none", log_config=None, access_log=False, proxy_headers=False, server_header=False
    )
    uvicorn.Server(config).run([listener])


if __name__ == "__main__":
    main()
