"""Load made with wrk, which takes little of the cores it shares with what it asks."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from benchmarks.nullserver import CannotMeasureError

_MILLISECONDS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


@dataclass(frozen=True)
class Load:
    """What wrk saw: requests per second, and milliseconds."""

    rate: float
    p50: float
    p99: float


async def wrk(
    url: str,
    *,
    connections: int,
    seconds: int = 4,
    script: Path | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Load:
    """Ask for a URL all the time over some connections; whatever fails makes the figures worthless."""
    program = shutil.which("wrk")
    if program is None:
        raise CannotMeasureError("wrk is missing (Debian: apt-get install wrk)")
    options = [
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        "--timeout",
        "20s",
        "--latency",
        *(["-s", str(script)] if script else []),
    ]
    for name, value in headers.items():
        options += ["-H", f"{name}: {value}"]
    process = await asyncio.create_subprocess_exec(program, *options, url, stdout=asyncio.subprocess.PIPE)
    said = (await process.communicate())[0].decode()
    failures = re.search(r"(Socket errors|Non-2xx).*", said)
    if failures is not None:
        raise CannotMeasureError(f"{url}: {failures[0]}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    if rate is None:
        raise CannotMeasureError("wrk printed no rate")
    return Load(float(rate[1]), _latency(said, 50), _latency(said, 99))


def _latency(said: str, percent: int) -> float:
    found = re.search(rf"{percent}%\s+([\d.]+)([a-z]+)", said)
    if found is None:
        raise CannotMeasureError("wrk printed no latencies")
    return float(found[1]) * _MILLISECONDS[found[2]]
