"""Costs and models: prices and budgets are kept, and models are set side by side."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.dashboard_system import DashboardSystem
from tests.browser.watched_page import OpenPage


def test_a_price_is_set(dashboard: DashboardSystem, open_page: OpenPage) -> None:
    page = open_page(dashboard).open("#/costs?tab=prices")
    page.get_by_role("button", name="Set a price").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Model").fill("priced-by-hand")
    dialog.get_by_label("Prompt, USD").fill("0.25")
    dialog.get_by_label("Completion, USD").fill("0.75")
    dialog.get_by_role("button", name="Set a price").click()
    expect(page.get_by_role("row", name=re.compile("priced-by-hand"))).to_contain_text("$0.25")
    stored = dashboard.call("GET", "/api/v1/costs/pricing?model=priced-by-hand")["data"]
    assert [(one["prompt_cost_per_1k"], one["completion_cost_per_1k"]) for one in stored] == [(0.25, 0.75)]


def test_a_budget_is_made_looked_at_and_deleted(
    dashboard: DashboardSystem, finished_run: str, open_page: OpenPage
) -> None:
    watched = open_page(dashboard)
    page = watched.open("#/costs")
    page.get_by_role("tab", name="Spent").focus()
    page.keyboard.press("End")
    expect(page).to_have_url(re.compile("tab=budgets"))
    page.get_by_role("button", name="New budget").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("of the month")
    dialog.get_by_label("Amount, USD").fill("10")
    dialog.get_by_role("button", name="Save").click()
    row = page.get_by_role("row", name=re.compile("of the month"))
    expect(row).to_contain_text("$10.00")

    row.get_by_role("button", name="History").click()
    expect(dialog.get_by_role("table")).to_contain_text("%")
    assert watched.findings() == []
    page.keyboard.press("Escape")
    row.get_by_role("button", name="Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    assert dashboard.call("GET", "/api/v1/costs/budgets")["data"] == []


def test_models_are_chosen_and_compared_by_an_address(
    dashboard: DashboardSystem, finished_run: str, open_page: OpenPage
) -> None:
    watched = open_page(dashboard)
    page = watched.open("#/models?period=24h")
    compare = page.get_by_role("button", name="Compare the chosen")
    expect(compare).to_be_disabled()
    for model in ("mock-model", "gpt-4o"):
        page.get_by_label(f"Compare {model}", exact=True).check()
    compare.click()
    expect(page.get_by_role("table").get_by_role("row")).to_have_count(3)
    watched.settled()
    assert watched.findings() == []
    page.reload()
    expect(page.get_by_role("table")).to_contain_text("mock-model")
