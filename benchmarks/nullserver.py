"""Builds and runs the C null server, and asks it afterwards what really happened."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SOURCE = Path(__file__).with_name("nullserver.c")
BINARY = SOURCE.parents[1] / ".deps" / "bench" / "nullserver"


class CannotMeasureError(Exception):
    """A case cannot be run on this machine, or the system under test failed; the text says why."""


@dataclass
class NullServer:
    """A running null server. `truth` and `requests` are filled when it has been stopped.

    `requests` has a row for each request, in the order of arrival: when it arrived (CLOCK_MONOTONIC), its time to
    first token and its time to the last one, microseconds.
    """

    url: str
    truth: dict[str, Any] = field(default_factory=dict)
    requests: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 3), np.int64))


def build() -> None:
    """Compile the null server when there is no current binary."""
    if BINARY.exists() and BINARY.stat().st_mtime >= SOURCE.stat().st_mtime:
        return
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise CannotMeasureError("the null server needs a C compiler (Debian: apt-get install gcc libc6-dev)")
    BINARY.parent.mkdir(parents=True, exist_ok=True)
    made = subprocess.run(
        [compiler, "-O2", "-o", BINARY, SOURCE], capture_output=True, text=True, check=False, timeout=120
    )
    if made.returncode:
        raise CannotMeasureError(f"{compiler} could not build the null server: {made.stderr.strip()}")


def free_port() -> int:
    """Return a port of the loopback interface that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def reachable(port: int, *, seconds: float) -> bool:
    """Wait until something listens on a loopback port."""
    for _ in range(int(seconds * 50)):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        writer.close()
        await writer.wait_closed()
        return True
    return False


@asynccontextmanager
async def null_server(*, ttft_us: int, itl_us: int, tokens: int) -> AsyncIterator[NullServer]:
    """Run a null server with the given pace for as long as the context lasts."""
    build()
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="loadcell-bench-") as folder:
        file = Path(folder) / "requests"
        process = await asyncio.create_subprocess_exec(
            BINARY, *map(str, (port, ttft_us, itl_us, tokens, file)), stderr=asyncio.subprocess.PIPE
        )
        server = NullServer(f"http://127.0.0.1:{port}")
        try:
            if not await reachable(port, seconds=5):
                raise CannotMeasureError("the null server does not answer")
            yield server
        finally:
            if process.returncode is None:
                process.terminate()
            _, said = await asyncio.wait_for(process.communicate(), 30)
        server.truth = json.loads(said.splitlines()[-1])
        requests = np.fromfile(file, np.int64).reshape(-1, 3)
        server.requests = requests[np.argsort(requests[:, 0], kind="stable")]
