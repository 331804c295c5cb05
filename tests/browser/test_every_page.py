"""What holds of every page: readable by everybody, in both colours and on a phone, and nothing from elsewhere."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.browser.dashboard_system import DashboardSystem
from tests.browser.watched_page import PHONE, OpenPage

# Addresses; {run} and {other} are runs that have ended.
PAGES = [
    "#/overview",
    "#/new",
    "#/new?loop=open&bound=duration&goodput_thresholds.ttft_ms=500&agent_count=2&sketch_only=true",
    "#/history",
    "#/result/{run}",
    "#/result/{run}?tab=levels",
    "#/result/{run}?tab=analysis",
    "#/compare?runs={run},{other}",
    "#/traces",
    "#/traces?tab=conditions&where=%5B%5B%22ttft_ms%22%2C%22gt%22%2C%220%22%5D%5D",
    "#/models",
    "#/models?model=mock-model&period=24h",
    "#/costs",
    "#/costs?tab=forecast",
    "#/costs?tab=prices",
    "#/costs?tab=budgets",
    "#/agents",
    "#/settings",
    "#/settings?tab=keys",
    "#/settings?tab=projects",
    "#/settings?tab=audit",
    "#/sign-in",
]
COLOURS: tuple[Literal["light", "dark"], ...] = ("light", "dark")
MOST_MODULE_BYTES = 150_000


@pytest.mark.parametrize("address", PAGES)
def test_nobody_is_kept_from_a_page(
    dashboard: DashboardSystem, finished_run: str, second_run: str, open_page: OpenPage, address: str
) -> None:
    watched = open_page(dashboard)
    page = watched.open(address.format(run=finished_run, other=second_run))
    for colours in COLOURS:
        page.emulate_media(color_scheme=colours)
        expect(page.locator("html")).to_have_attribute("data-theme", colours)
        assert watched.findings() == []
        watched.screenshot(f"{name_of(address)}-{colours}")


@pytest.mark.parametrize("address", PAGES)
def test_a_page_fits_a_phone_in_korean(
    dashboard: DashboardSystem, finished_run: str, second_run: str, open_page: OpenPage, address: str
) -> None:
    watched = open_page(dashboard, viewport=PHONE, locale="ko-KR")
    watched.open(address.format(run=finished_run, other=second_run))
    assert watched.page.locator("html").get_attribute("lang") == "ko"
    watched.screenshot(f"{name_of(address)}-phone-korean")
    assert not watched.is_wider_than_the_screen()
    assert watched.findings() == []


def test_every_page_of_the_navigation_is_two_clicks_away_on_a_phone(
    dashboard: DashboardSystem, finished_run: str, open_page: OpenPage
) -> None:
    watched = open_page(dashboard, viewport=PHONE)
    page = watched.open()
    names = page.locator("nav a").evaluate_all("links => links.map(link => link.dataset.page)")
    assert names
    for name in names:
        page.get_by_role("button", name="Menu").click()
        page.locator(f"nav a[data-page={name}]").click()
        expect(page.locator(f'nav a[aria-current="page"][data-page={name}]')).to_have_count(1)
        watched.settled()


def test_little_is_loaded_before_the_first_page_shows(
    dashboard: DashboardSystem, finished_run: str, open_page: OpenPage
) -> None:
    watched = open_page(dashboard)
    loaded: dict[str, int] = {}
    watched.page.on("response", lambda answer: loaded.update({answer.url: len(answer.body())}))
    watched.open()
    modules = {url: size for url, size in loaded.items() if url.endswith(".js")}
    assert any(url.endswith("/app/main.js") for url in modules)
    assert sum(modules.values()) <= MOST_MODULE_BYTES, modules


def name_of(address: str) -> str:
    """What the files of an address are called."""
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"\{\w+\}", "", address).lower()).strip("-")
