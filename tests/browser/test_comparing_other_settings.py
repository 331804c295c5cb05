"""Runs of different settings beside one another: what differs is said, on a telephone as well."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.dashboard_system import DashboardSystem
from tests.browser.watched_page import DESKTOP, PHONE, OpenPage
from tests.patience import PATIENCE_SECONDS, first_line

MODEL = "organisation/a-model-with-a-name-as-long-as-they-get-" + "x" * 60


@pytest.fixture(scope="module")
def other_target() -> Iterator[str]:
    """Where a server of the model with the long name is."""
    command = [sys.executable, "-m", "loadcell.mockserver", "--port", "0", "--ttft-ms", "5", "--model", MODEL]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as server:
        yield first_line(server).decode().split()[-1]
        server.send_signal(signal.SIGINT)
        server.wait(PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def unlike_runs(dashboard: DashboardSystem, other_target: str) -> Iterator[list[str]]:
    """A run, one of other prompts for a model with a long name, and one like the first."""
    about = {"project_id": "unlike", "concurrency": [1], "output_len": 16, "num_prompts": 100}
    runs = [
        dashboard.run(input_len=512, **about),
        dashboard.run(input_len=64, server_url=other_target, model=MODEL, **about),
        dashboard.run(input_len=512, **about),
    ]
    yield runs
    for run in runs:  # other tests have the same list of runs
        dashboard.call("DELETE", f"/api/v1/benchmark/run/{run}")


def rows(page: Page, name: str) -> list[list[str]]:
    """The cells of the table of a section."""
    found = page.get_by_role("region", name=name).locator("tbody tr").all()
    return [[cell.strip() for cell in row.locator("th, td").all_inner_texts()] for row in found]


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_settings_that_differ_are_told_and_the_page_stays_as_wide_as_the_screen(
    dashboard: DashboardSystem,
    unlike_runs: list[str],
    open_page: OpenPage,
    viewport: dict[str, int],
    language: str,
) -> None:
    base, other, _ = unlike_runs
    watched = open_page(dashboard, viewport=viewport, locale=language)
    page = watched.open(f"#/compare?runs={base},{other}")
    expect(page.locator(".chart svg").first).to_be_visible()
    name, length = {
        "en": ("Settings that differ from those of the base", "Prompt length"),
        "ko": ("기준과 다른 설정", "프롬프트 길이"),
    }[language]
    differing = rows(page, name)
    assert [cells[1:3] for cells in differing if cells[0] == length] == [["512 tokens", "64 tokens"]]
    assert all(other[-8:] in cells[3] for cells in differing)
    watched.screenshot(f"unlike-{viewport['width']}-{language}")
    assert not watched.is_wider_than_the_screen()
    assert watched.findings() == []


def test_runs_of_the_same_settings_have_no_such_table_and_figures_have_units(
    dashboard: DashboardSystem, unlike_runs: list[str], open_page: OpenPage
) -> None:
    base, _, same = unlike_runs
    watched = open_page(dashboard)
    page = watched.open(f"#/compare?runs={base},{same}")
    watched.screenshot("alike")
    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Settings that differ")).to_have_count(0)
    table = page.get_by_role("region", name="What has changed against the base").locator(".scroll")
    assert table.evaluate("one => one.scrollWidth - one.clientWidth") == 0
    values = {cells[0]: cells[3:5] for cells in rows(page, "What has changed against the base")}
    units = {"throughput": "tokens/s", "request_rate": "req/s", "ttft.p50": "s", "error_rate": "%"}
    for metric, unit in units.items():
        assert all(value.endswith((f" {unit}", f" m{unit}")) for value in values[metric]), metric
