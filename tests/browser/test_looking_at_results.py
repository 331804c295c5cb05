"""What came of runs: found, looked at, compared, taken away, labelled and deleted."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError

import pytest
from playwright.sync_api import Page, expect

from tests.browser.dashboard_system import DashboardSystem, has_come
from tests.browser.watched_page import OpenPage

MARKUP = "<img src=x onerror=alert(1)> & <b>bold</b>"


@pytest.fixture(scope="module")
def other_run(dashboard: DashboardSystem) -> str:
    """A run with the levels of the first, objectives, and a label that would be markup."""
    goodput = {"ttft_ms": 1000, "tpot_ms": 1000}
    return dashboard.run(labels={"note": MARKUP, "turned": "a\u202eb"}, goodput_thresholds=goodput, output_len=16)


def exported(page: Page, form: str) -> bytes:
    """The file of a format, as the browser saves it."""
    page.get_by_label("Format of the file").select_option(form)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Export").click()
    return Path(waiting.value.path()).read_bytes()


def is_gone(dashboard: DashboardSystem, run: str) -> bool:
    try:
        dashboard.call("GET", f"/api/v1/benchmark/run/{run}")
    except HTTPError as refusal:
        with refusal:
            return refusal.code == 404
    return False


def test_a_result_is_read_compared_taken_away_labelled_and_deleted(
    dashboard: DashboardSystem, finished_run: str, other_run: str, open_page: OpenPage
) -> None:
    watched = open_page(dashboard)
    page = watched.open("#/history")
    for run in (other_run, finished_run):
        page.get_by_label(f"Compare run {run[-8:]}").check()
    expect(page).to_have_url(re.compile(f"chosen={other_run}%2C{finished_run}"))
    page.get_by_role("button", name="Compare the chosen").click()

    expect(
        page.get_by_role("region", name="What has changed against the base").locator("tbody tr")
    ).not_to_have_count(0)
    expect(page.locator(".badge", has_text=re.compile("^base$"))).to_have_count(1)
    expect(page.locator(".chart svg").first).to_be_visible()
    page.get_by_role("button", name=f"Make run {finished_run[-8:]} the base").click()
    expect(page).to_have_url(re.compile(f"runs={finished_run}%2C{other_run}"))
    watched.settled()
    page.get_by_role("link", name=other_run[-8:]).click()

    expect(page.get_by_role("heading", level=1)).to_have_text(f"Result {other_run[-8:]}")
    expect(page.get_by_text(MARKUP)).to_be_visible()
    expect(page.get_by_text("turned=a\ufffdb")).to_be_visible()
    stored = dashboard.call("GET", f"/api/v1/benchmark/result/{other_run}")
    assert json.loads(exported(page, "json"))["run_id"] == stored["run_id"] == other_run
    rows = list(csv.reader(io.StringIO(exported(page, "csv").decode())))
    assert ["Run ID", other_run] in [row[:2] for row in rows]
    assert exported(page, "xlsx").startswith(b"PK")
    assert exported(page, "html").startswith(b"<!doctype html>")

    page.get_by_role("button", name="Labels and notes").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Labels").fill("nonsense")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.locator(".problem", has_text="nonsense")).to_be_visible()
    dialog.get_by_label("Labels").fill("release=6\nrelease=7")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.locator(".problem", has_text="“release” is there twice.")).to_be_visible()
    dialog.get_by_label("Labels").fill("release=7")
    dialog.get_by_label("Notes").fill(MARKUP)
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator(".badge", has_text="release=7")).to_be_visible()
    expect(page.locator(".facts dd", has_text=MARKUP)).to_be_visible()
    page.get_by_role("button", name="Mark as baseline").click()
    expect(page.get_by_role("button", name="No baseline any more")).to_be_visible()
    described = dashboard.call("GET", f"/api/v1/benchmark/run/{other_run}")
    assert (described["labels"], described["notes"], described["baseline"]) == ({"release": "7"}, MARKUP, True)
    expect(page.locator("main img")).to_have_count(0)

    page.get_by_role("button", name="Delete").click()
    dialog.get_by_role("button", name="Back").click()
    assert not is_gone(dashboard, other_run)
    page.get_by_role("button", name="Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("History")
    assert has_come(lambda: is_gone(dashboard, other_run))


def test_every_part_of_a_result_is_shown_and_stands_in_the_address(
    dashboard: DashboardSystem, finished_run: str, open_page: OpenPage
) -> None:
    watched = open_page(dashboard)
    page = watched.open(f"#/result/{finished_run}")
    stored = dashboard.call("GET", f"/api/v1/benchmark/result/{finished_run}")
    shown: dict[str, Callable[[], None]] = {
        "Levels": lambda: expect(page.get_by_role("region", name="Levels").locator("tbody tr")).to_have_count(2),
        "Timeline": lambda: expect(page.locator(".chart svg.main-svg").first).to_be_visible(),
        "Distribution": lambda: expect(page.get_by_text("20 successful requests")).to_be_visible(),
        "Agents": lambda: expect(page.get_by_role("tabpanel")).to_contain_text(stored["agents"][0]["agent_id"]),
        "Document": lambda: expect(page.locator("pre.raw")).to_contain_text(finished_run),
        "Analysis": lambda: expect(page.get_by_role("tabpanel")).to_contain_text("OVERVIEW"),
    }
    for name, is_shown in shown.items():
        page.get_by_role("tab", name=name).click()
        is_shown()
        assert watched.findings() == [], name
        expect(page).to_have_url(re.compile(f"tab={name.lower()}"))
    page.get_by_label("Language").last.select_option("ko")
    expect(page.locator(".findings[lang=ko]")).to_contain_text("OVERVIEW")
    page.reload()
    expect(page.locator(".findings[lang=ko]")).to_contain_text("OVERVIEW")
    page.get_by_role("tab", name="Levels").click()
    page.get_by_role("link", name="Show c=2").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Traces")
    expect(page.locator("tbody tr")).not_to_have_count(0)


def test_the_knee_is_marked_where_the_rules_find_it(
    dashboard: DashboardSystem, finished_run: str, open_page: OpenPage
) -> None:
    # Where a server is full depends on how busy this machine is, so the finding is given.
    full = {"code": "SATURATED", "severity": "info", "title": "Full", "sentences": ["1."], "numbers": {"load": 1}}
    watched = open_page(dashboard)
    page = watched.page
    page.route(re.compile(r"/analysis\?"), lambda route: route.fulfill(json={"findings": [full]}))
    watched.open(f"#/result/{finished_run}")
    expect(page.locator(".annotation-text", has_text="knee, c=1")).to_have_count(1)
    expect(page.get_by_role("region", name="Knee")).to_contain_text("Full. 1.")


def test_a_model_is_asked_only_where_one_is_set(
    dashboard: DashboardSystem, finished_run: str, open_page: OpenPage
) -> None:
    watched = open_page(dashboard)
    watched.expected.append("status of 4")
    page = watched.open(f"#/result/{finished_run}?tab=analysis")
    page.get_by_role("button", name="Ask the model").click()
    expect(page.get_by_text("LOADCELL_ANALYSIS_MODEL").first).to_be_visible()


def test_a_run_without_a_result_says_why(dashboard: DashboardSystem, open_page: OpenPage) -> None:
    failed = dashboard.run(server_url="http://127.0.0.1:9", concurrency=[1], num_prompts=1)
    watched = open_page(dashboard)
    page = watched.open(f"#/result/{failed}")
    expect(page.locator(".state-text")).to_contain_text("failed")
    going_on = dashboard.begin_run(num_prompts=100_000, concurrency=[1])
    watched.open(f"#/result/{going_on}")
    expect(page.get_by_role("link", name="Watch it")).to_have_attribute("href", f"#/live/{going_on}")
    page = watched.open("#/history?status=running")
    page.get_by_role("button", name=f"Delete run {going_on[-8:]}").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    assert has_come(lambda: is_gone(dashboard, going_on))
    page = watched.open("#/result")
    expect(page.get_by_role("link", name="Go to the history")).to_be_visible()


def test_the_list_of_runs_is_filtered_and_its_address_says_so(
    dashboard: DashboardSystem, finished_run: str, open_page: OpenPage
) -> None:
    labels = {"kind": f"kept-for-{finished_run[-8:]}"}
    dashboard.call("PATCH", f"/api/v1/benchmark/run/{finished_run}", {"labels": labels})
    watched = open_page(dashboard)
    page = watched.open("#/history")
    page.get_by_label("Labels", exact=True).fill(f"kind={labels['kind']}")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator(".pager")).to_contain_text("1 in all")
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_label("State", exact=True).select_option("cancelled")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("There is no such run.")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".pager")).to_be_visible()
    page.goto(watched.url + "#/compare")
    expect(page.get_by_role("button", name="Compare")).to_be_disabled()
