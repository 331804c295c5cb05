"""A real browser for the figures of what people see."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
from playwright.async_api import Browser, Page, async_playwright

from benchmarks.nullserver import CannotMeasureError
from tests.browser.chromium import FLAGS, NoChromiumError, chromium_path

SCRIPTS = Path(__file__).with_name("in_page")
_PATIENCE_MILLISECONDS = 60_000


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run a browser of its own, without a window."""
    try:
        path = chromium_path()
    except NoChromiumError as error:
        raise CannotMeasureError(str(error)) from None
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def page_in(browser: Browser, *scripts: str) -> AsyncIterator[Page]:
    """Open an empty page of somebody who was never there before: nothing of it is in a cache.

    Args:
        browser: Where.
        scripts: What runs before the scripts of each document, of the folder `in_page`; `shown` always does.
    """
    context = await browser.new_context(locale="en-GB")
    for script in ("shown", *scripts):
        await context.add_init_script(path=SCRIPTS / f"{script}.js")
    page = await context.new_page()
    page.set_default_timeout(_PATIENCE_MILLISECONDS)
    try:
        yield page
    finally:
        await context.close()


async def check(page: Page) -> None:
    """Raise CannotMeasureError where a page shows that something could not be loaded: it would be quick."""
    failures = page.locator(".state.failed")
    if await failures.count():
        raise CannotMeasureError(f"{page.url} shows: {await failures.first.inner_text()}")


async def processes(browser: Browser) -> tuple[psutil.Process, list[psutil.Process]]:
    """Return the process that the page is in, the largest of its kind, and all of the browser's."""
    session = await browser.new_browser_cdp_session()
    found = (await session.send("SystemInfo.getProcessInfo"))["processInfo"]
    await session.detach()
    of_pages = [psutil.Process(one["id"]) for one in found if one["type"] == "renderer"]
    return max(of_pages, key=lambda one: one.memory_info().rss), [psutil.Process(one["id"]) for one in found]
