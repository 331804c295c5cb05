"""A real browser before a real system."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import FLAGS, NoChromiumError, chromium_path
from tests.browser.dashboard_system import DashboardSystem
from tests.browser.watched_page import DESKTOP, OpenPage, WatchedPage

ARTEFACTS = Path(__file__).parents[2] / "build" / "screenshots"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Without a browser tests are skipped; in CI they fail."""
    try:
        path = chromium_path()
    except NoChromiumError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def dashboard(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardSystem]:
    """The system that all tests share; its administrator has a key."""
    system = DashboardSystem(tmp_path_factory.mktemp("dashboard"))
    try:
        system.start()
        yield system
    finally:
        system.stop()


@pytest.fixture(scope="session")
def finished_run(dashboard: DashboardSystem) -> str:
    """A run that has ended, with a price for its model."""
    price = {"model": "mock-model", "prompt_cost_per_1k": 0.5, "completion_cost_per_1k": 1.5}
    dashboard.call("PUT", "/api/v1/costs/pricing", price)
    return dashboard.run()


@pytest.fixture(scope="session")
def second_run(dashboard: DashboardSystem, finished_run: str) -> str:
    """Another run with the levels of the first, to compare it with."""
    return dashboard.run()


@pytest.fixture
def open_page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[OpenPage]:
    """Opens pages; at the end nothing may have gone wrong on any of them."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    opened: list[WatchedPage] = []
    failed_before = request.session.testsfailed

    def make(system: DashboardSystem, key: str | None = None, **options: Any) -> WatchedPage:
        """Open a page of a system, signed in with its key, or another; "" for nobody."""
        context = browser.new_context(**{"viewport": DESKTOP, "locale": "en-GB", **options})
        credential = system.key if key is None else key
        if credential:
            name = "'loadcell.credential'"
            kept = f"sessionStorage.getItem({name}) ?? sessionStorage.setItem({name}, {json.dumps(credential)})"
            context.add_init_script(kept)
        page = WatchedPage(context, system.url, ARTEFACTS)
        opened.append(page)
        return page

    yield make
    problems = [problem for page in opened for problem in page.problems()]
    for number, page in enumerate(opened):
        if problems or request.session.testsfailed > failed_before:
            page.screenshot(f"failed-{re.sub(r'[^a-z0-9]+', '-', request.node.name.lower())}-{number}")
        page.page.context.close()
    assert not problems, "\n".join(problems)
