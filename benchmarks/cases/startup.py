"""How long a user waits between pressing return on `loadcell run` and the first measured request."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.nullserver import CannotMeasureError, null_server
from benchmarks.sizes import Sizes

LOADCELL = Path(sys.executable).with_name("loadcell")


async def measure(sizes: Sizes) -> list[Figure]:
    """Start of the process to start of the first level, with an empty database, median round."""
    waits = []
    async with null_server(ttft_us=0, itl_us=0, tokens=1) as server:
        for _ in range(sizes.rounds):
            with tempfile.TemporaryDirectory(prefix="loadcell-bench-") as folder:
                waits.append(await _round(server.url, folder))
    return [Figure("startup: loadcell run to first request", statistics.median(waits), "s", "<=", 2, 1)]


async def _round(url: str, folder: str) -> float:
    began = time.time()
    process = await asyncio.create_subprocess_exec(
        *(LOADCELL, "run", url, "--concurrency", "1", "--num-prompts", "1", "--json"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "XDG_DATA_HOME": folder, "XDG_RUNTIME_DIR": folder},
    )
    said, complaint = await process.communicate()
    if process.returncode:
        why = " ".join(complaint.decode().splitlines()[-1:])
        raise CannotMeasureError(f"loadcell run ended with {process.returncode}: {why}")
    return datetime.fromisoformat(json.loads(said)["started_at"]).timestamp() - began
