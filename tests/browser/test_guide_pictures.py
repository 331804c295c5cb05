"""The way of docs/guide.md through the dashboard; `make screenshots` keeps its pictures in docs/images."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ARTEFACTS
from tests.browser.dashboard_system import DashboardSystem
from tests.browser.watched_page import OpenPage
from tests.patience import PATIENCE_SECONDS, first_line

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "docs" / "images"
MADE = Path(os.environ.get("PICTURES") or ARTEFACTS / "guide")
WIDTH, HEIGHT, HEIGHT_WITH_CHARTS = 1280, 720, 980
MOST_BYTES, MOST_BYTES_OF_ALL = 150_000, 1_000_000
# In the order of the way.
PICTURES = ("sign-in", "new", "live", "result", "history", "compare", "traces", "trace", "agents")
LEVELS = "1,4,8,16,32"
SECONDS_PER_LEVEL = 2


@contextmanager
def target(itl_ms: int) -> Iterator[str]:
    """A server of a pace; yields its address."""
    command = [sys.executable, "-m", "tests.browser.queueing_server", "--itl-ms", str(itl_ms)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=ROOT)
    try:
        line = first_line(process)
        assert line
        yield line.decode().strip()
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[str, str]]:
    """The server under load, and its next release, which is slower."""
    with ExitStack() as both:
        yield both.enter_context(target(5)), both.enter_context(target(6))


def test_the_way_of_the_guide(dashboard: DashboardSystem, servers: tuple[str, str], open_page: OpenPage) -> None:
    server, next_release = servers
    MADE.mkdir(parents=True, exist_ok=True)
    watched = open_page(
        dashboard,
        key="",
        viewport={"width": WIDTH, "height": HEIGHT},
        color_scheme="light",
        reduced_motion="reduce",
    )
    watched.expected.append("status of 401")
    made: list[str] = []

    def picture(name: str, height: int = HEIGHT) -> None:
        # Nothing of what the test did may be seen: neither where it typed nor where it pointed or had moved to.
        page.evaluate("document.activeElement?.blur()")
        page.mouse.move(0, 0)
        page.set_viewport_size({"width": WIDTH, "height": height})
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=MADE / f"{name}.png", animations="disabled")
        made.append(name)

    page = watched.open()
    picture("sign-in")
    page.get_by_label("API key or access token").fill(dashboard.key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()

    page.get_by_role("navigation").get_by_role("link", name="New run").first.click()
    page.get_by_label("Server URL").fill(server)
    page.get_by_label("In flight, a level each").fill(LEVELS)
    page.get_by_label("A level ends after").select_option("duration")
    page.get_by_label("Seconds per level").fill(str(SECONDS_PER_LEVEL))
    page.get_by_label("Completion length").fill("32")
    page.get_by_text("Objectives and validation").click()
    page.get_by_label("TTFT at most").fill("150")
    watched.settled()
    picture("new")
    page.get_by_role("button", name="Start").click()

    expect(page).to_have_url(re.compile(r"#/live/[0-9a-f-]{36}$"))
    run = page.url.rpartition("/")[2]
    # The fourth level goes on: there is something to see of those before.
    expect(page.get_by_role("row").nth(4).locator("td").nth(2)).to_contain_text(re.compile(r"[1-9]"))
    picture("live", HEIGHT_WITH_CHARTS)

    expect(page).to_have_url(re.compile(f"#/result/{run}"))
    watched.settled()
    expect(page.locator(".chart svg.main-svg").first).to_be_visible()
    picture("result", HEIGHT_WITH_CHARTS)

    levels = [int(level) for level in LEVELS.split(",")]
    load = {"concurrency": levels, "num_prompts": None, "duration_seconds": SECONDS_PER_LEVEL, "output_len": 32}
    other = dashboard.run(server_url=next_release, labels={"release": "next"}, **load)
    watched.open("#/history")
    for one in (run, other):
        page.get_by_label(f"Compare run {one[-8:]}").check()
    picture("history")
    page.get_by_role("button", name="Compare the chosen").click()
    watched.settled()
    expect(page.locator(".chart svg.main-svg").first).to_be_visible()
    picture("compare", HEIGHT_WITH_CHARTS)

    watched.open(f"#/traces?run_id={run}")
    picture("traces")
    page.locator("tbody a").first.click()
    expect(page).to_have_url(re.compile("#/trace/"))
    watched.settled()
    picture("trace")
    watched.open("#/agents")
    picture("agents")
    assert tuple(made) == PICTURES


def test_each_picture_is_made_and_shown() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    shown = {name for page in pages for name in re.findall(r"images/([\w-]+)\.png", page.read_text())}
    assert shown == set(PICTURES)
    assert {path.name for path in KEPT.iterdir()} == {f"{name}.png" for name in PICTURES}
    sizes = [path.stat().st_size for path in KEPT.iterdir()]
    assert max(sizes) < MOST_BYTES
    assert sum(sizes) < MOST_BYTES_OF_ALL
