"""Single requests: found by filters and by conditions, looked at, judged."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.dashboard_system import DashboardSystem
from tests.browser.watched_page import OpenPage

MARKUP = "<img src=x onerror=alert(1)> & <b>bold</b>"


@pytest.fixture(scope="module")
def kept_run(dashboard: DashboardSystem) -> str:
    """A run of 60 requests whose texts and timelines were kept."""
    return dashboard.run(concurrency=[2], num_prompts=60, warmup=0, input_len=8, output_len=12, record_texts=True)


def test_a_list_is_filtered_turned_over_and_sorted_and_its_address_says_so(
    dashboard: DashboardSystem, kept_run: str, open_page: OpenPage
) -> None:
    watched = open_page(dashboard)
    page = watched.open("#/traces")
    page.get_by_label("Run", exact=True).fill(kept_run)
    page.get_by_role("button", name="Find").click()
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(50)
    page.get_by_role("button", name="Next").click()
    expect(rows).to_have_count(10)
    page.get_by_role("button", name="First").click()
    expect(rows).to_have_count(50)
    page.get_by_role("button", name="E2E").click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("E2E")
    watched.settled()
    expect(page.get_by_role("button", name="E2E")).to_be_focused()
    again = open_page(dashboard).open(page.url.removeprefix(watched.url))
    assert again.locator("tbody tr").all_inner_texts() == rows.all_inner_texts()
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_label("Run", exact=True)).to_have_value("")
    assert kept_run not in page.url


def test_conditions_find_what_filters_cannot_say(
    dashboard: DashboardSystem, kept_run: str, open_page: OpenPage
) -> None:
    page = open_page(dashboard).open("#/traces?tab=conditions")
    page.get_by_label("Field").fill("run_id")
    page.get_by_label("Comparison").select_option("eq")
    page.get_by_label("Value").fill(kept_run)
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("Field").nth(1).fill("completion_tokens")
    page.get_by_label("Comparison").nth(1).select_option("between")
    page.get_by_label("Value").nth(1).fill("13, 99")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("No request meets this.")).to_be_visible()
    page.get_by_label("Value").nth(1).fill("12, 12")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("tbody tr")).to_have_count(50)


def test_a_condition_that_makes_no_sense_is_told_where_it_is_asked(
    dashboard: DashboardSystem, kept_run: str, open_page: OpenPage
) -> None:
    watched = open_page(dashboard)
    watched.expected.append("400")
    page = watched.open('#/traces?tab=conditions&where=[["nonsense","eq","1"]]')
    expect(page.locator("main .failed")).to_contain_text("nonsense")


def test_a_filter_that_makes_no_sense_is_called_as_on_the_page(
    dashboard: DashboardSystem, open_page: OpenPage
) -> None:
    watched = open_page(dashboard)
    watched.expected.append("400")
    page = watched.open("#/traces?from=yesterday")
    failed = page.locator("main .failed")
    expect(failed).to_contain_text("'yesterday' is no time")
    expect(failed).to_contain_text("Correct “From” and try again.")
    page = watched.open("#/traces?from=now&to=now-1h")
    expect(failed).to_contain_text("“To” must not be before “From”")


def test_a_request_is_shown_with_its_tokens_and_judged_as_text(
    dashboard: DashboardSystem, kept_run: str, open_page: OpenPage
) -> None:
    watched = open_page(dashboard)
    page = watched.open(f"#/traces?run_id={kept_run}")
    page.locator("tbody tr a").first.click()
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    expect(page.locator(".chart svg").first).to_be_visible()
    expect(page.locator("pre.text")).to_have_count(2)
    page.get_by_role("button", name="Judge").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Score").fill("0.5")
    dialog.get_by_label("Comment").fill(MARKUP)
    dialog.get_by_role("button", name="Judge").click()
    expect(page.get_by_role("cell", name=MARKUP)).to_be_visible()
    expect(page.locator("main img")).to_have_count(0)
    watched.settled()
    assert watched.findings() == []
    watched.screenshot("trace-light")
