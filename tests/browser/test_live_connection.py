"""The WebSocket of pages: it begins with how things stand, and comes back by itself."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, WebSocket, expect

from tests.browser.dashboard_system import DashboardSystem, has_come
from tests.browser.watched_page import OpenPage

# Loads the module of the very page, and notes all it is told.
WATCH = """
async ([kind, what]) => {
  const main = document.querySelector('script[type=module]').src;
  const live = await import(main.replace('main.js', 'live.js'));
  const leaving = new AbortController();
  const told = { states: [], messages: [], errors: [], leave: () => leaving.abort() };
  const handlers = {
    state: (name) => told.states.push(name),
    message: (message) => told.messages.push(message),
    error: (error) => told.errors.push(error.reason),
  };
  live[kind](what, handlers, leaving.signal);
  window.told = told;
}
"""


def watch(page: Page, kind: str, what: Any) -> None:
    page.evaluate(WATCH, [kind, what])


def test_a_run_is_told_to_its_end(dashboard: DashboardSystem, open_page: OpenPage) -> None:
    watched = open_page(dashboard)
    page = watched.open("#/agents")
    run = dashboard.begin_run(concurrency=[2], num_prompts=60)
    watch(page, "watchRun", run)
    watched.becomes("told.states.at(-1) === 'ended'")
    assert page.evaluate("told.messages.at(-1).type") == "completed"
    assert page.evaluate("told.messages.at(-1).run_id") == run
    assert page.evaluate("told.errors") == []


def test_what_there_is_none_of_is_an_error_and_not_tried_again(
    dashboard: DashboardSystem, open_page: OpenPage
) -> None:
    watched = open_page(dashboard)
    watched.expected.append("WebSocket connection")
    page = watched.open("#/agents")
    watch(page, "watchRun", "no-such-run")
    watched.becomes("told.states.at(-1) === 'ended'")
    assert page.evaluate("told.errors") == ["RUN_NOT_FOUND"]


def test_events_go_on_after_everything_was_restarted(dashboard: DashboardSystem, open_page: OpenPage) -> None:
    watched = open_page(dashboard)
    watched.expected += ["Failed to load resource", "WebSocket connection"]
    page = watched.open("#/settings")
    watch(page, "watchEvents", {"events": ["run_state"]})
    watched.becomes("told.states.at(-1) === 'live'")
    first = dashboard.run(num_prompts=2, concurrency=[1])
    watched.becomes("run => told.messages.some(one => one.data.run_id === run)", first)
    dashboard.stop_services()
    watched.becomes("told.states.includes('waiting')")
    dashboard.start_services()
    watched.becomes("told.states.at(-1) === 'live'")
    second = dashboard.run(num_prompts=2, concurrency=[1])
    watched.becomes("run => told.messages.some(one => one.data.run_id === run)", second)
    page.evaluate("told.leave()")


def test_the_overview_shows_a_run_as_soon_as_there_is_one(dashboard: DashboardSystem, open_page: OpenPage) -> None:
    watched = open_page(dashboard)
    watched.page.add_init_script("globalThis.setInterval = () => 0")  # it looks again from time to time as well
    said: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: said.append(str(frame)))

    watched.page.on("websocket", listen)
    page = watched.open("#/overview")
    assert has_come(lambda: page.evaluate("true") and "subscribed" in "".join(said))
    run = dashboard.run(num_prompts=2, concurrency=[1])
    expect(page.locator(f'a[href="#/result/{run}"]').first).to_be_visible()
