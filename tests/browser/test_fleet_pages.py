"""Agents and settings: what is done there is done."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.dashboard_system import DashboardSystem, has_come
from tests.browser.watched_page import OpenPage


def test_an_agent_is_drained_and_takes_work_again(dashboard: DashboardSystem, open_page: OpenPage) -> None:
    watched = open_page(dashboard)
    page = watched.open("#/agents")

    def state() -> str:
        return str(dashboard.call("GET", "/api/v1/agents")["agents"][0]["state"])

    page.get_by_role("button", name="Drain", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Drain").click()
    expect(page.get_by_role("status").last).to_contain_text("drains")
    assert has_come(lambda: state() == "draining")
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("dialog").get_by_role("button", name="Resume").click()
    assert has_come(lambda: state() == "ready")
    page.get_by_role("button", name="Details").click()
    assert watched.findings() == []
    expect(page.get_by_role("dialog")).to_contain_text("Clock offset")


def test_an_order_is_chosen_by_keyboard_and_stands_in_the_address(
    dashboard: DashboardSystem, open_page: OpenPage
) -> None:
    page = open_page(dashboard).open("#/agents")
    head = page.get_by_role("button", name="Workers")
    head.focus()
    page.keyboard.press("Enter")
    expect(page.locator("th", has=page.get_by_text("Workers"))).to_have_attribute("aria-sort", "ascending")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"sort=workers&order=desc"))
    page.reload()
    expect(page.locator("th", has=page.get_by_text("Workers"))).to_have_attribute("aria-sort", "descending")


def test_a_key_is_made_shown_once_and_revoked(dashboard: DashboardSystem, open_page: OpenPage) -> None:
    watched = open_page(dashboard)
    page = watched.open("#/settings?tab=keys")
    page.get_by_role("button", name="New key").click()
    dialog = page.get_by_role("dialog")
    assert watched.findings() == []
    for _ in range(12):  # more than there are places to go to
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="New key")).to_be_focused()

    page.keyboard.press("Enter")
    dialog.get_by_label("Name").fill("by hand")
    dialog.get_by_label("Role").select_option("developer")
    dialog.get_by_label("Projects").fill("default, search")
    dialog.get_by_role("button", name="New key").click()
    secret = dialog.locator(".copyable-text")
    expect(secret).to_contain_text("lc_")
    key = secret.inner_text()
    assert dashboard.call("GET", "/api/v1/auth/me", key=key)["projects"] == ["default", "search"]
    dialog.get_by_role("button", name="I have copied it").click()
    row = page.get_by_role("row", name=re.compile("by hand"))
    expect(row).to_contain_text("active")
    assert key not in page.content()

    row.get_by_role("button", name="Revoke").click()
    dialog.get_by_role("button", name="Revoke").click()
    expect(row).to_contain_text("revoked")
    page.get_by_role("tab", name="Audit log").click()
    expect(page.get_by_role("table")).to_contain_text("AuthService/RevokeApiKey")


def test_what_the_gateway_refuses_stands_at_its_field(dashboard: DashboardSystem, open_page: OpenPage) -> None:
    watched = open_page(dashboard)
    watched.expected.append("status of 400")
    page = watched.open("#/settings?tab=keys")
    page.get_by_role("button", name="New key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("wrong")
    dialog.get_by_role("textbox", name="Permissions").fill("agents:dance")
    dialog.get_by_role("button", name="New key").click()
    expect(dialog.get_by_role("textbox", name="Permissions")).to_have_attribute("aria-invalid", "true")
    expect(dialog.locator(".field", has_text="Permissions").locator(".problem")).to_contain_text("agents:dance")
