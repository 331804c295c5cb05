"""How soon the dashboard can be used by somebody who opens it for the first time, with 14,400 runs stored.

It can when its first page, the overview, is there whole: all of its numbers, tables and links, and the browser has
painted it. That counts from the navigation, with nothing in any cache of the browser; the browser runs already.
"""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks.browser import check, chromium, page_in
from benchmarks.figures import Figure
from benchmarks.gateway import gateway
from benchmarks.nullserver import CannotMeasureError
from benchmarks.sizes import Sizes

_OPENINGS = 5  # of each round; the first of them finds a gateway that nobody has asked before
_LEAST_RUNS = 10_000
# Sizes as they are before compression, as scripts are read.
_SCRIPTS = """performance.getEntriesByType("resource")
  .map(({ name, decodedBodySize: bytes }) => ({ path: new URL(name).pathname, bytes }))
  .filter(({ path }) => path.endsWith(".js"))"""


async def measure(sizes: Sizes) -> list[Figure]:
    """Time and own scripts until the first page is shown; the median opening."""
    times: list[float] = []
    scripts: list[dict[str, Any]] = []
    async with gateway(sizes) as running, chromium() as browser:
        runs = (await running.get("/api/v1/benchmark/history?limit=1&fields=total"))["total"]
        if runs < _LEAST_RUNS:
            raise CannotMeasureError(f"only {runs:,} runs are stored")
        for _ in range(sizes.rounds * _OPENINGS):
            async with page_in(browser) as page:
                await page.goto(running.url, wait_until="commit")
                times.append(await page.evaluate("firstShown"))
                await check(page)
                scripts = await page.evaluate(_SCRIPTS)
    if others := [one["path"] for one in scripts if not one["path"].startswith("/web/files/")]:
        raise CannotMeasureError(f"the first page has loaded {others}")
    note = f"from {min(times):.0f} to {max(times):.0f} ms"
    seconds, size = statistics.median(times) / 1e3, sum(one["bytes"] for one in scripts) / 1e3
    return [
        Figure(f"web: first page shown, {runs:,} runs", seconds, "s", "<=", 1, note=note),
        Figure("web: scripts by then", size, "kB", "<=", 150, note=f"{len(scripts)} files"),
    ]
