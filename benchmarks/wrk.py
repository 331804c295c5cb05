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
    said, _ = await process.communicate()
    try:
        return read_report(said.decode())
    except ValueError as problem:
        raise CannotMeasureError(f"{url}: {problem}") from None


def read_report(said: str) -> Load:
    """Read what wrk prints.

    Raises:
        ValueError: Not every request was answered, or something is missing.
    """
    failures = re.search(r"(Socket errors|Non-2xx).*", said)
    if failures is not None:
        raise ValueError(failures[0])
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    p50, p99 = (re.search(rf"\s{percent}%\s+([\d.]+)([a-z]+)", said) for percent in (50, 99))
    if rate is None or p50 is None or p99 is None:
        raise ValueError(f"wrk printed neither rate nor latencies: {said[:200]}")
    return Load(float(rate[1]), *(float(found[1]) * _MILLISECONDS[found[2]] for found in (p50, p99)))
