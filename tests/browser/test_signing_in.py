"""Who may see the dashboard, and what of it."""

from __future__ import annotations

from pathlib import Path
from urllib.error import HTTPError

import pytest
from playwright.sync_api import expect

from tests.browser.dashboard_system import DashboardSystem, has_come
from tests.browser.watched_page import OpenPage

REFUSED = r"status of 40[13]"


@pytest.fixture
def viewer(dashboard: DashboardSystem) -> str:
    made = dashboard.call(
        "POST", "/api/v1/auth/keys", {"name": "viewer", "role": "viewer", "projects": ["default"]}
    )
    return str(made["key"])


def is_refused(dashboard: DashboardSystem, key: str) -> bool:
    try:
        dashboard.call("GET", "/api/v1/auth/me", key=key)
    except HTTPError as refusal:
        with refusal:
            return refusal.code == 401
    return False


def test_a_key_lets_in_and_leads_back_to_what_was_asked_for(
    dashboard: DashboardSystem, open_page: OpenPage
) -> None:
    watched = open_page(dashboard, key="")
    watched.expected.append(REFUSED)
    page = watched.open("#/costs?tab=prices")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.locator("nav a")).to_have_count(0)

    field = page.get_by_label("API key or access token")
    field.fill("wrong-key")
    page.get_by_role("button", name="Sign in").click()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    assert page.evaluate("sessionStorage.length") == 0

    field.fill("two words")
    page.keyboard.press("Enter")
    expect(page.locator(".field .problem")).to_contain_text("cannot be a key")

    field.fill(dashboard.key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="Prices")).to_have_attribute("aria-selected", "true")
    watched.settled()
    assert page.evaluate("Object.values(localStorage).join()").find(dashboard.key) == -1
    assert page.context.cookies() == []
    assert dashboard.key not in page.content()

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0


def test_who_tries_another_key_in_vain_stays_signed_in(dashboard: DashboardSystem, open_page: OpenPage) -> None:
    watched = open_page(dashboard)
    watched.expected.append(REFUSED)
    page = watched.open("#/sign-in")
    field = page.get_by_label("API key or access token")
    field.fill("wrong-key")
    page.keyboard.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    page = watched.open("#/agents")
    expect(page.get_by_role("heading", name="Agents", level=1)).to_be_visible()
    watched.settled()


def test_nothing_of_a_page_goes_on_after_signing_out(dashboard: DashboardSystem, open_page: OpenPage) -> None:
    watched = open_page(dashboard)
    page = watched.page
    page.clock.install()
    watched.open("#/agents")  # which looks again every five seconds
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(30_000)
    assert not [url for url in asked if "/api/" in url]


def test_who_is_refused_in_between_signs_in_again_and_comes_back(
    dashboard: DashboardSystem, open_page: OpenPage, viewer: str
) -> None:
    watched = open_page(dashboard, key=viewer)
    watched.expected.append(REFUSED)
    page = watched.open("#/models")
    made = dashboard.call("GET", "/api/v1/auth/keys?limit=1000")["keys"]
    for key in made:
        if key["name"] == "viewer":
            dashboard.call("DELETE", f"/api/v1/auth/keys/{key['key_id']}")
    expect(page.locator("nav a")).not_to_have_count(0)
    assert has_come(lambda: is_refused(dashboard, viewer))
    page.locator("nav a[data-page=costs]").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("API key or access token").fill(dashboard.key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Costs", level=1)).to_be_visible()
    watched.settled()


def test_who_may_not_is_told_what_it_takes(dashboard: DashboardSystem, open_page: OpenPage) -> None:
    made = dashboard.call(
        "POST", "/api/v1/auth/keys", {"name": "bills", "role": "billing", "projects": ["default"]}
    )
    page = open_page(dashboard, key=made["key"]).open("#/agents")
    expect(page.locator(".state")).to_contain_text("agents:read")
    assert page.locator("nav a").evaluate_all("all => all.map(one => one.dataset.page)") == ["costs", "settings"]
    page.locator("nav a[data-page=settings]").click()
    expect(page.get_by_role("tab")).to_have_count(1)


def test_the_only_user_of_a_machine_needs_no_key(tmp_path: Path, open_page: OpenPage) -> None:
    system = DashboardSystem(tmp_path, key="")
    try:
        system.start_services()
        page = open_page(system).open("#/settings")
        expect(page.locator(".who")).to_contain_text("no key needed")
        expect(page.get_by_role("tab")).to_have_count(4)
        page = open_page(system).open("#/sign-in")
        expect(page.get_by_role("main")).to_contain_text("This server needs no key.")
        expect(page.get_by_label("API key or access token")).to_have_count(0)
        page.get_by_role("main").get_by_role("link", name="To the overview").click()
        expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    finally:
        system.stop()
