"""From the sign-in over a new run to its result, without a terminal."""

from __future__ import annotations

import hashlib
import re
import shlex
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.dashboard_system import DashboardSystem
from tests.browser.second_gateway import SecondGateway
from tests.browser.watched_page import DESKTOP, PHONE, OpenPage

COLOURS: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SECRET = "the-key-of-the-target"
# Long enough to be seen; what happens meanwhile ends it, never a clock.
ENDLESS = {"concurrency": [2], "num_prompts": 100_000, "output_len": 16}


@pytest.fixture
def gateway(dashboard: DashboardSystem, tmp_path: Path) -> Iterator[SecondGateway]:
    made = SecondGateway(dashboard, tmp_path)
    try:
        made.start()
        yield made
    finally:
        made.stop()


def completed(page: Page) -> int:
    """How many requests of the first level have ended, as the page has it."""
    text = page.get_by_role("row").nth(1).locator("td").nth(1).inner_text()
    return int(re.sub(r"\D", "", text.partition("/")[0]) or 0)


def test_a_run_is_started_watched_and_leads_to_its_result(dashboard: DashboardSystem, open_page: OpenPage) -> None:
    watched = open_page(dashboard, key="")
    watched.expected.append("status of 401")
    page = watched.open()
    page.get_by_label("API key or access token").fill(dashboard.key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="New run").click()
    page.get_by_label("Server URL").fill(dashboard.target)
    page.get_by_label("API key of the target").fill(SECRET)
    page.get_by_role("button", name=re.compile("Quick")).click()
    page.get_by_label("In flight, a level each").fill("2,4")
    page.get_by_label("Requests per level", exact=True).fill("150")
    expect(page.locator(".figure", has_text="Requests").first).to_contain_text("300")
    page.get_by_role("button", name="Start").click()
    expect(page).to_have_url(re.compile(r"#/live/[0-9a-f-]{36}$"))
    run = page.url.rpartition("/")[2]
    expect(page).to_have_url(re.compile(f"#/result/{run}"))
    config = dashboard.call("GET", f"/api/v1/benchmark/run/{run}")["config"]
    assert (config["concurrency"], config["num_prompts"], config["output_len"]) == ([2, 4], 150, 64)


def test_a_dataset_is_uploaded_and_a_run_takes_its_prompts(
    dashboard: DashboardSystem, open_page: OpenPage, tmp_path: Path
) -> None:
    watched = open_page(dashboard)
    watched.expected.append("status of 400")
    page = watched.open("#/new?prompts=dataset&concurrency=2&num_prompts=20")
    page.get_by_label("Server URL").fill(dashboard.target)
    digest = page.get_by_label("Dataset (SHA-256)")
    page.get_by_role("button", name="Start").click()
    expect(digest).to_have_attribute("aria-invalid", "true")
    file = tmp_path / "my prompts.jsonl"
    file.write_text('{"prompt": "one"}\n{"prompt": 2}\n')
    page.get_by_label("File of the dataset").set_input_files(file)
    expect(page.locator(".problem", has_text="my prompts.jsonl line 2")).to_be_visible()
    file.write_text('{"prompt": "one"}\n{"prompt": "two"}\n')
    page.get_by_label("File of the dataset").set_input_files(file)
    expect(page.get_by_text("my prompts.jsonl: 2 rows, 36 B")).to_be_visible()
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    expect(digest).to_have_value(sha256)
    expect(page).to_have_url(re.compile(f"dataset_asset={sha256}"))
    line, curl = page.locator(".copyable-text").all_inner_texts()
    assert "--dataset 'my prompts.jsonl'" in line
    assert sha256 in curl
    assert watched.findings() == []
    page.get_by_role("button", name="Start").click()
    expect(page).to_have_url(re.compile(r"#/result/[0-9a-f-]{36}$"))
    run = dashboard.call("GET", f"/api/v1/benchmark/run/{page.url.rpartition('/')[2]}")
    assert (run["config"]["dataset_asset"], run["status"]) == (sha256, "completed")


def test_the_address_and_the_commands_have_all_but_the_secrets(
    dashboard: DashboardSystem, open_page: OpenPage
) -> None:
    watched = open_page(dashboard)
    page = watched.open("#/new?loop=open&bound=duration")
    page.get_by_label("Server URL").fill(dashboard.target)
    page.get_by_label("Arrivals per second, a level each").fill("5, 20")
    page.get_by_label("Seconds per level").fill("10")
    page.get_by_label("API key of the target").fill(SECRET)
    page.get_by_label("Extra headers").fill("X-Team: secret-value")
    page.get_by_text("Labels and filing").click()
    page.get_by_role("textbox", name="Labels").fill("team=it's us, build=4")
    expect(page).to_have_url(re.compile("labels="))
    expect(page).to_have_url(re.compile("rate=5"))
    expect(page.locator(".figure", has_text="Requests").first).to_contain_text("250")
    line, curl = page.locator(".copyable-text").all_inner_texts()
    words = shlex.split(line)
    assert words[:3] == ["loadcell", "run", dashboard.target]
    assert words[-2:] == ["--controller", dashboard.grpc]
    assert [words[at + 1] for at, word in enumerate(words) if word == "--label"] == ["team=it's us", "build=4"]
    assert words[words.index("--rate") + 1] == "5,20"
    assert '"$LLM_API_KEY"' in curl
    for secret in (SECRET, "secret-value"):
        assert secret not in page.url + line + curl
    again = open_page(dashboard).open(page.url.removeprefix(watched.url))
    expect(again.get_by_role("textbox", name="Labels")).to_have_value("team=it's us, build=4")
    expect(again.locator(".copyable-text").first).to_have_text(line)


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_started(
    dashboard: DashboardSystem, open_page: OpenPage
) -> None:
    watched = open_page(dashboard)
    watched.expected.append("status of 400")
    page = watched.open("#/new")
    page.get_by_label("Server URL").fill(dashboard.target)
    levels = page.get_by_label("In flight, a level each")
    levels.fill("1,many")
    page.get_by_role("button", name="Start").click()
    expect(levels).to_have_attribute("aria-invalid", "true")
    levels.fill("2")
    page.get_by_role("button", name="Check only").click()
    expect(page.get_by_role("status").last).to_contain_text("Nothing is wrong")
    page.get_by_text("Objectives and validation").click()
    objective = page.get_by_label("TTFT at most")
    for unreadable in ("5-0", "-1"):
        objective.fill(unreadable)
        page.get_by_text("Objectives and validation").click()  # out of sight
        page.get_by_role("button", name="Start").click()
        expect(objective).to_have_attribute("aria-invalid", "true")
        expect(objective).to_be_focused()
    objective.fill("")
    page.get_by_text("Agents", exact=True).last.click()
    page.get_by_label("Only agents with labels").fill("count=3")
    page.get_by_role("button", name="Check only").click()
    expect(page.get_by_label("Only agents with labels")).to_have_attribute("aria-invalid", "true")
    assert watched.findings() == []


def test_a_target_is_checked_before_there_is_a_run(dashboard: DashboardSystem, open_page: OpenPage) -> None:
    watched = open_page(dashboard)
    watched.expected += ["status of 400", "status of 409"]
    page = watched.open("#/new")
    url, check = page.get_by_label("Server URL"), page.get_by_role("button", name="Check target")
    found = page.locator(".target-check").get_by_role("status")
    check.click()
    expect(url).to_have_attribute("aria-invalid", "true")
    url.fill(dashboard.target)
    check.click()
    expect(found).to_contain_text("mock-model")
    expect(found.locator(".badge.good")).to_have_text("works")
    assert watched.findings() == []
    page.get_by_label("Model", exact=True).fill("other")
    expect(found).to_be_empty()  # it was about another target
    check.click()
    expect(found.locator(".badge.bad")).to_be_visible()
    expect(found).to_contain_text("Name a model that the server has.")
    assert watched.findings() == []
    page.get_by_text("Agents", exact=True).last.click()
    page.get_by_label("Only agents with labels").fill("region=nowhere")
    check.click()
    expect(found.get_by_role("link", name="See the agents")).to_be_visible()
    page.get_by_label("Only agents with labels").fill("")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url.fill(f"http://127.0.0.1:{silent.getsockname()[1]}")
        check.click()
        expect(found).to_contain_text("is looking")
        expect(check).to_be_disabled()
        with page.expect_event("requestfailed", lambda request: request.url.endswith("/check-target")):
            page.get_by_role("link", name="History").click()


def test_a_live_page_that_is_loaded_again_has_the_figures_of_ended_levels(
    dashboard: DashboardSystem, open_page: OpenPage
) -> None:
    watched = open_page(dashboard)
    run = dashboard.begin_run(rate=[50, 1], num_prompts=100)
    page = watched.open(f"#/live/{run}")
    rows = page.locator("tbody tr").filter(has=page.get_by_role("progressbar"))
    expect(rows.nth(1)).to_contain_text(" ms")
    before = rows.first.inner_text()
    assert before.count(" ms") == 2
    page.reload()
    expect(rows.nth(1)).to_contain_text(" ms")
    assert rows.first.inner_text() == before
    dashboard.call("POST", f"/api/v1/benchmark/run/{run}/cancel", {})


def test_a_live_run_is_watched_on_after_the_gateway_was_started_anew_and_cancelled(
    dashboard: DashboardSystem, gateway: SecondGateway, open_page: OpenPage
) -> None:
    watched = open_page(gateway)
    watched.expected += ["WebSocket connection", "Failed to load resource", "ERR_CONNECTION_REFUSED"]
    run = dashboard.begin_run(**ENDLESS)
    page = watched.open(f"#/live/{run}")
    expect(page.locator(".agent-card")).to_have_count(1)
    expect(page.locator(".request-log tbody tr").first).to_be_visible()
    for colours in COLOURS:
        page.emulate_media(color_scheme=colours)
        expect(page.locator("html")).to_have_attribute("data-theme", colours)
        assert watched.findings() == []
        watched.screenshot(f"live-{colours}")
    page.set_viewport_size(PHONE)
    watched.becomes("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    watched.screenshot("live-phone")
    page.set_viewport_size(DESKTOP)
    before = completed(page)
    gateway.stop()
    expect(page.get_by_role("status").filter(has_text="again in")).to_be_visible()
    gateway.start()
    expect(page.locator(".badge", has_text=re.compile("^live$"))).to_be_visible()
    expect(page.locator(".figure", has_text="TTFT")).to_contain_text("ms")
    assert completed(page) >= before
    page.get_by_role("button", name="Cancel the run").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the run").click()
    expect(page).to_have_url(re.compile(f"#/result/{run}"))
