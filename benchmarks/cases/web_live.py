"""The page of a run that is watched for an hour at ten updates a second: memory, and how long it stands still.

The page, its WebSocket and its intervals are the real ones; a stand-in for the gateway sends the next update when
the page has done all that a tenth of a second brings, and painted (`in_page/time_lapse.js`). So the hour has every
update, every drawing of figures and charts and every frame that it has by the clock, in a fraction of the time.

Memory is the most that the process of the page has for itself alone (USS), which closing the page gives back; the
note has what is resident, with the browser's code that all its processes share. What keeps the main thread from
anything else is a task; the longest one counts, from when all charts are there. The longest one before that is in
the note: plotly's script is loaded then.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, CDPSession, Page

from benchmarks.browser import check, chromium, page_in, processes
from benchmarks.figures import Figure
from benchmarks.live_feed import RUN_ID
from benchmarks.nullserver import CannotMeasureError
from benchmarks.processes import Service, started
from benchmarks.sizes import Sizes

CHARTS = 5
_LOOK_SECONDS = 1.0
_PATIENCE_SECONDS = 60.0
_MB = 1e6


@dataclass
class _Memory:
    """Of the process of the page, MB: the most its own and resident; of scripts after a tenth and at the end."""

    own: float = 0.0
    resident: float = 0.0
    early: float = 0.0
    late: float = 0.0
    whole: float = 0.0  # all processes of the browser, what they share counted once


async def measure(sizes: Sizes) -> list[Figure]:
    """Watch once."""
    with tempfile.TemporaryDirectory(prefix="loadcell-bench-") as name:
        feed = Service("benchmarks.live_feed", Path(name), arguments=(str(sizes.web_updates),))
        async with started(feed), chromium() as browser, page_in(browser, "time_lapse") as page:
            await page.goto(f"http://127.0.0.1:{await feed.line()}/#/live/{RUN_ID}", wait_until="commit")
            await page.evaluate("firstShown")
            await _all_charts(page)
            begun: float = await page.evaluate("lapse.begin()")
            memory = await _watch(sizes, browser, page)
            await check(page)
            tasks = await page.evaluate("heldUp")
            elapsed = await page.evaluate("performance.now()") - begun
    opening = max((task["duration"] for task in tasks if task["begun"] < begun), default=0)
    during = [task["duration"] for task in tasks if task["begun"] >= begun]
    minutes = sizes.web_updates / 600
    of = f"web: live page, {minutes:g} minutes of 10 updates/s"
    grown = f"scripts hold {memory.late:.1f} MB at the end, {memory.early:.1f} after a tenth"
    others = f"{memory.resident:.0f} MB resident; {memory.whole:.0f} MB all processes of the browser"
    held = f"{len(during):,} tasks of 50 ms and longer in {elapsed / 1e3:.0f} s; opening {opening:.0f} ms"
    return [
        Figure(f"{of}, memory", memory.own, "MB", "<=", 300, note=f"{others}; {grown}"),
        Figure(f"{of}, longest task", max(during, default=0), "ms", "<=", 100, note=held),
    ]


async def _all_charts(page: Page) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while await page.locator(".js-plotly-plot").count() < CHARTS:
        if time.monotonic() > until:
            raise CannotMeasureError(f"not all charts were drawn after {_PATIENCE_SECONDS:g} s")
        await asyncio.sleep(0.1)


async def _watch(sizes: Sizes, browser: Browser, page: Page) -> _Memory:
    memory = _Memory()
    session = await page.context.new_cdp_session(page)
    own, family = await processes(browser)
    steps, seen, moved = 0, 0, time.monotonic()
    while steps < sizes.web_updates:
        await asyncio.sleep(_LOOK_SECONDS)
        steps = await page.evaluate("lapse.steps")
        if steps > seen:
            seen, moved = steps, time.monotonic()
        elif time.monotonic() - moved > _PATIENCE_SECONDS:
            raise CannotMeasureError(f"the page stopped after {steps:,} updates")
        present = own.memory_full_info()
        memory.own = max(memory.own, present.uss / _MB)
        memory.resident = max(memory.resident, present.rss / _MB)
        if not memory.early and steps >= sizes.web_updates / 10:
            memory.early = await _scripts(session)
    memory.late = await _scripts(session)
    memory.whole = sum(process.memory_full_info().pss for process in family if process.is_running()) / _MB
    return memory


async def _scripts(session: CDPSession) -> float:
    """Return what scripts hold when all garbage is gone, MB."""
    await session.send("HeapProfiler.collectGarbage")
    used: float = (await session.send("Runtime.getHeapUsage"))["usedSize"]
    return used / _MB
