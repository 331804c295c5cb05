"""A plain FastAPI route: the yardstick that a user would write in an afternoon.

    pip install fastapi uvicorn uvloop httptools
    python -m benchmarks.baseline_fastapi ROWS.json

Returns the rows of the file, a list of dictionaries, at /rows. Prints its port and serves until its input ends.
"""

import asyncio
import json
import socket
import sys
from pathlib import Path

import uvicorn
import uvloop
from fastapi import FastAPI


def make_app(rows: list[dict[str, object]]) -> FastAPI:
    app = FastAPI()

    @app.get("/rows")
    async def read_rows():
        return rows

    return app


async def main(rows: list[dict[str, object]], listening: socket.socket) -> None:
    server = uvicorn.Server(uvicorn.Config(make_app(rows), log_level="warning", access_log=False))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    await asyncio.to_thread(sys.stdin.read)
    server.should_exit = True
    await serving


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0)) as bound:
        print(bound.getsockname()[1], flush=True)  # who connects now waits
        uvloop.run(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), bound))
