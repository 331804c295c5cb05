"""Runs searched, sorted and compared with the baseline; live pages of runs that go on already or have failed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.dashboard_system import DashboardSystem, has_come
from tests.browser.watched_page import OpenPage

WIDTHS = [390, 1280, 1920]
# Long enough to be seen; what happens meanwhile ends it, never a clock.
ENDLESS = {"concurrency": [2], "num_prompts": 100_000, "output_len": 16}
NOBODY = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def found_runs(dashboard: DashboardSystem) -> list[str]:
    """Three runs of a project of their own with more and more requests, the first one the baseline."""
    about = {"project_id": "finding", "concurrency": [1], "output_len": 16}
    runs = [
        dashboard.run(num_prompts=100 * number + 1, labels={"batch": f"Nightly-{number}"}, **about)
        for number in range(3)
    ]
    dashboard.call("PATCH", f"/api/v1/benchmark/run/{runs[0]}", {"baseline": True})
    return runs


def listed(page: Page) -> list[str]:
    """The ends of the identifiers of the runs that are shown, in their order."""
    return [text.strip() for text in page.locator("tbody th code").all_inner_texts()]


def test_runs_are_searched_and_sorted_over_all_pages_by_mouse_and_keyboard(
    dashboard: DashboardSystem, found_runs: list[str], open_page: OpenPage
) -> None:
    watched = open_page(dashboard)
    page = watched.open("#/history")
    ends = [run[-8:] for run in found_runs]
    page.get_by_label("Search").fill("NIGHTLY batch=")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"search=NIGHTLY"))
    expect(page.locator(".pager")).to_contain_text("3 in all")
    assert listed(page) == ends[::-1]
    created = page.get_by_role("columnheader", name="Created")
    expect(created).to_have_attribute("aria-sort", "descending")

    duration = page.get_by_role("columnheader", name="Duration")
    with page.expect_response(lambda answer: "sort_by=duration" in answer.url):
        duration.get_by_role("button").click()
    expect(duration).to_have_attribute("aria-sort", "ascending")
    expect(page).to_have_url(re.compile(r"sort=duration&order=asc"))
    watched.settled()
    assert listed(page) == ends
    duration.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(duration).to_have_attribute("aria-sort", "descending")
    watched.settled()
    assert listed(page) == ends[::-1]
    page.reload()
    watched.settled()
    expect(duration).to_have_attribute("aria-sort", "descending")
    expect(page.get_by_label("Search")).to_have_value("NIGHTLY batch=")
    assert watched.findings() == []
    page.get_by_label("Search").fill("nightly-%")
    page.keyboard.press("Enter")
    expect(page.get_by_text("There is no such run.")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_no_date_is_broken_and_no_button_cut(
    dashboard: DashboardSystem, found_runs: list[str], open_page: OpenPage, width: int
) -> None:
    watched = open_page(dashboard, viewport={"width": width, "height": 900})
    for address in ("#/history?search=nightly", f"#/compare?runs={','.join(found_runs)}", "#/compare"):
        page = watched.open(address)
        watched.screenshot(f"width-{width}-{address[2:9]}{'-chosen' * address.startswith('#/compare?')}")
        assert page.locator("time").count() >= 3
        lines = page.locator("time").evaluate_all("all => all.map(one => one.getClientRects().length)")
        assert set(lines) == {1}, address
        assert not watched.is_wider_than_the_screen(), address
        if width >= 1280:
            tables = page.locator(".scroll").filter(has=page.locator("time"))
            cut = tables.evaluate_all("all => all.filter(one => one.scrollWidth > one.clientWidth).length")
            assert cut == 0, address


def test_runs_are_compared_with_whichever_is_the_baseline(
    dashboard: DashboardSystem, found_runs: list[str], open_page: OpenPage
) -> None:
    first, second, third = found_runs
    watched = open_page(dashboard)
    page = watched.open(f"#/compare?runs=baseline,{second}")
    base = page.get_by_role("row").filter(has=page.locator(".badge", has_text=re.compile("^base$")))
    expect(base).to_contain_text(first[-8:])
    expect(page.locator(".copyable-text").last).to_have_text(
        f"loadcell runs compare baseline {second} --controller {dashboard.grpc}"
    )
    page.get_by_role("button", name="Choose others").click()
    expect(page.get_by_label("With the baseline")).to_be_checked()
    page.get_by_label(f"Choose run {third[-8:]}").check()
    page.get_by_role("button", name="Compare").click()
    expect(page).to_have_url(re.compile(f"runs=baseline%2C{second}%2C{third}"))
    expect(base).to_contain_text(first[-8:])

    other = dashboard.run(project_id="without-baseline", num_prompts=2, concurrency=[1])
    watched.expected.append("status of 404")
    page = watched.open(f"#/compare?runs=baseline,{other}")
    expect(page.locator(".state-text")).to_contain_text("is marked as baseline")


def test_a_run_that_goes_on_is_opened_with_its_past_and_one_that_fails_at_once_says_why(
    dashboard: DashboardSystem, open_page: OpenPage
) -> None:
    run = dashboard.begin_run(**ENDLESS)
    waiting = dashboard.begin_run(server_url=NOBODY, concurrency=[1], num_prompts=1)
    timeline = f"/api/v1/benchmark/run/{run}/timeline"
    assert has_come(lambda: len(dashboard.call("GET", timeline)["points"]) >= 6)
    watched = open_page(dashboard)
    page = watched.open(f"#/live/{run}")
    watched.becomes("document.querySelector('.live-charts .chart').data?.[0]?.x[0] < 3")
    watched.becomes("document.querySelector('.live-charts .chart').data[0].x.at(-1) > 5")

    page = watched.open(f"#/live/{waiting}")
    expect(page.get_by_text("Waiting for agents")).to_be_visible()
    dashboard.call("POST", f"/api/v1/benchmark/run/{run}/cancel", {})
    for again in (False, True):
        if again:
            page.reload()
        failed = page.locator(".state.failed")
        expect(failed).to_contain_text("The run has failed.")
        expect(failed).to_contain_text("127.0.0.1:9 is not reachable")
        expect(failed.get_by_role("link", name="Go to the run")).to_have_attribute("href", f"#/result/{waiting}")
        expect(page.locator(".figures:visible, .live-charts:visible")).to_have_count(0)
        expect(page.get_by_role("button", name="Cancel the run")).to_have_count(0)
        assert watched.findings() == []
    page.get_by_role("link", name="Start another run").click()
    expect(page.get_by_label("Server URL")).to_have_value(NOBODY)
