"""How soon the explorer of traces shows a page of 50, beside a database full of them.

From the act that asks for it (another question in the address, a click on "Next") to when the browser has painted
the table. The explorer is open already; each question is asked once, so the controller keeps no answer to it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlencode

import numpy as np
from playwright.async_api import Page

from benchmarks.browser import check, chromium, page_in
from benchmarks.figures import Figure
from benchmarks.gateway import gateway
from benchmarks.nullserver import CannotMeasureError
from benchmarks.recorded_runs import DAYS, MODELS, PROJECTS, USERS, model_name
from benchmarks.sizes import Sizes

WARM_UP = 10  # questions that do not count
PAGE = 50  # traces
_ASK = "address => timeOf(() => { location.hash = address; })"


async def measure(sizes: Sizes) -> list[Figure]:
    """Times of first pages by different filters, and of the second ones."""
    first: list[float] = []
    following: list[float] = []
    async with gateway(sizes) as running, chromium() as browser, page_in(browser) as page:
        await page.goto(f"{running.url}/#/traces", wait_until="commit")
        await page.evaluate("firstShown")
        for address in _addresses(WARM_UP + sizes.questions, running.until):
            first.append(await page.evaluate(_ASK, address))
            await _check(page)
            following.append(await page.evaluate("turnOver()"))
            await _check(page)
    return [
        _figure("another question", first[WARM_UP:], running.traces),
        _figure("the next page", following[WARM_UP:], running.traces),
    ]


def _addresses(count: int, until: datetime) -> Iterator[str]:
    draw = random.Random(7)
    filters = (
        dict,
        lambda: {"model": model_name(draw.randrange(MODELS))},
        lambda: {"status": "ERROR"},
        lambda: {"project_id": f"project-{draw.randrange(PROJECTS):02}"},
        lambda: {"user_id": f"user-{draw.randrange(USERS):02}"},
    )
    for number in range(count):
        end = until - timedelta(days=draw.uniform(1, DAYS / 2))
        query = {"to": f"{end:%Y-%m-%dT%H:%M:%SZ}", **filters[number % len(filters)]()}
        yield f"#/traces?{urlencode(query)}"


async def _check(page: Page) -> None:
    await check(page)
    rows = await page.locator("tbody tr").count()
    if rows != PAGE:
        raise CannotMeasureError(f"{page.url} shows {rows} traces instead of {PAGE}")


def _figure(what: str, times: list[float], total: int) -> Figure:
    middle, high = (float(value) for value in np.percentile(times, [50, 95]))
    note = f"p95 of {len(times):,}; p50 {middle:.0f} ms, slowest {max(times):.0f} ms"
    return Figure(f"web: traces, {what}, {total:,} stored", high, "ms", "<=", 200, note=note)
