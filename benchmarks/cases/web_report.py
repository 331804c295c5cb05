"""The HTML report of a run of 100,000 requests: its size, and how soon a browser shows it.

A real agent makes the requests, and the report is what `loadcell report RUN_ID --output report.html` writes. It is
shown when a browser that runs already has painted all of it, from the navigation on.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.async_api import Browser

from benchmarks.browser import chromium, page_in
from benchmarks.figures import Figure
from benchmarks.nullserver import CannotMeasureError, null_server
from benchmarks.sizes import Sizes
from benchmarks.system import System, whole_system

LEVELS = (16, 32, 64, 128)
TOKENS = 8
_OPENINGS = 3  # of each round


async def measure(sizes: Sizes) -> list[Figure]:
    """Size, and the median opening."""
    with tempfile.TemporaryDirectory(prefix="loadcell-bench-") as name:
        file = Path(name) / "report.html"
        async with null_server(ttft_us=5_000, itl_us=1_000, tokens=TOKENS) as server, whole_system() as system:
            result = await system.run(
                server_url=server.url,
                concurrency=LEVELS,
                num_prompts=-(-sizes.web_requests // len(LEVELS)),
                output_len=TOKENS,
            )
            measured = sum(level.total_requests for level in result.results)
            seconds = await _report(system, result.run_id, file)
        size = file.stat().st_size / 1e6
        async with chromium() as browser:
            times = [await _opened(browser, file) for _ in range(sizes.rounds * _OPENINGS)]
    of = f"web: report of {measured:,} requests"
    return [
        Figure(of, size, "MB", "<=", 6, note=f"written in {seconds:.1f} s"),
        Figure(f"{of}, opened", statistics.median(times) / 1e3, "s", "<=", 2, note=f"at most {max(times):.0f} ms"),
    ]


async def _report(system: System, run_id: str, file: Path) -> float:
    begun = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "loadcell.cli", "report", run_id),
        *("--output", str(file), "--controller", system.client.address),
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await process.communicate()
    if process.returncode:
        raise CannotMeasureError(f"loadcell report ended with {process.returncode}: {complaint.decode()[-200:]}")
    return time.perf_counter() - begun


async def _opened(browser: Browser, file: Path) -> float:
    async with page_in(browser) as page:
        await page.goto(file.as_uri(), wait_until="commit")
        milliseconds: float = await page.evaluate("opened")
        if not await page.locator("figure svg").count():
            raise CannotMeasureError("the report shows no chart")
        return milliseconds
