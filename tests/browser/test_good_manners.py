"""A slow gateway, one that fails, one that is gone; and texts that would like to be more than texts."""

from __future__ import annotations

import re
import threading

from playwright.sync_api import Route, expect

from tests.browser.dashboard_system import DashboardSystem
from tests.browser.watched_page import PHONE, OpenPage

HOSTILE = "<img src=x onerror=\"document.title='owned'\">"


def test_a_slow_gateway_blocks_nothing_and_is_asked_no_more_by_who_has_left(
    dashboard: DashboardSystem, open_page: OpenPage
) -> None:
    watched = open_page(dashboard)
    page = watched.page
    held: list[Route] = []
    asked = threading.Event()
    page.route(re.compile(r"/api/v1/models\?"), lambda route: (held.append(route), asked.set()))
    given_up: list[str] = []
    page.on("requestfailed", lambda request: given_up.append(request.url))
    page.goto(watched.url + "#/models")
    expect(page.get_by_role("heading", name="Models", level=1)).to_be_visible()
    expect(page.locator(".skeleton")).to_be_visible()
    page.locator("nav a[data-page=agents]").click()
    expect(page.get_by_role("heading", name="Agents", level=1)).to_be_visible()
    watched.settled()
    assert asked.is_set()
    assert [url for url in given_up if "/api/v1/models" in url]


def test_an_error_says_what_to_do_and_another_try_helps(dashboard: DashboardSystem, open_page: OpenPage) -> None:
    watched = open_page(dashboard)
    watched.expected += ["status of 429", "Failed to load resource"]
    page = watched.page
    address = re.compile(r"/api/v1/models\?")
    body = '{"error": {"error_code": "RATE_LIMIT_EXCEEDED", "message": "too many calls"}}'
    page.route(address, lambda route: route.fulfill(status=429, headers={"Retry-After": "30"}, body=body))
    page.goto(watched.url + "#/models")
    failure = page.get_by_role("alert").filter(has_text="too many calls")
    expect(failure).to_contain_text("30 s")
    assert watched.findings() == []
    page.unroute(address)
    page.route(address, lambda route: route.abort())
    failure.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert").filter(has_text="cannot be reached")).to_be_visible()
    page.unroute(address)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("table")).to_be_visible()


def test_what_was_shown_stays_when_a_later_answer_fails(dashboard: DashboardSystem, open_page: OpenPage) -> None:
    watched = open_page(dashboard)
    watched.expected.append("Failed to load resource")
    page = watched.page
    page.clock.install()
    watched.open("#/agents")
    row = page.get_by_role("row", name=re.compile("ready|busy"))
    expect(row).to_be_visible()
    address = re.compile(r"/api/v1/agents\?")
    page.route(address, lambda route: route.abort())
    page.clock.run_for(6_000)
    failure = page.get_by_role("alert").filter(has_text="cannot be reached")
    expect(failure).to_be_visible()
    expect(row).to_be_visible()
    page.unroute(address)
    failure.get_by_role("button", name="Try again").click()
    expect(failure).to_have_count(0)
    expect(row).to_be_visible()


def test_what_a_server_is_called_is_only_ever_text(dashboard: DashboardSystem, open_page: OpenPage) -> None:
    price = {"model": HOSTILE, "provider": HOSTILE, "prompt_cost_per_1k": 1, "completion_cost_per_1k": 1}
    dashboard.call("PUT", "/api/v1/costs/pricing", price)
    watched = open_page(dashboard)
    page = watched.open("#/costs?tab=prices")
    expect(page.get_by_role("row", name=HOSTILE)).to_contain_text(HOSTILE)
    page.locator("nav a[data-page=models]").click()
    page.get_by_role("link", name=HOSTILE, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    watched.settled()
    assert page.locator("img").count() == 0
    assert page.title() == f"{HOSTILE} · loadcell"


def test_a_chart_is_drawn_pointed_at_and_told_as_numbers(
    dashboard: DashboardSystem, finished_run: str, open_page: OpenPage
) -> None:
    page = open_page(dashboard).open("#/costs")
    expect(page.locator(".chart .points path")).not_to_have_count(0)
    page.locator(".chart .points path").last.hover(force=True)
    expect(page.locator(".chart .hovertext")).to_be_visible()
    page.get_by_text("The numbers of this chart").click()
    expect(page.locator(".chart-figure tbody tr")).not_to_have_count(0)
    page.emulate_media(color_scheme="dark")
    expect(page.locator(".chart .points path")).not_to_have_count(0)


def test_a_chart_fits_its_place_after_it_was_out_of_sight(
    dashboard: DashboardSystem, finished_run: str, open_page: OpenPage
) -> None:
    watched = open_page(dashboard)
    page = watched.open(f"#/result/{finished_run}")
    expect(page.locator(".chart svg.main-svg").first).to_be_visible()
    page.get_by_role("tab", name="Levels").click()
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    page.get_by_role("tab", name="Charts").click()
    watched.becomes(
        "Array.from(document.querySelectorAll('.chart')).every((one) => {"
        " const drawn = one.querySelector('svg.main-svg');"
        " return drawn && Math.abs(drawn.getBoundingClientRect().width - one.clientWidth) < 2; })"
    )


def test_a_chart_over_time_has_all_of_its_points_in_any_time_zone(
    dashboard: DashboardSystem, finished_run: str, open_page: OpenPage
) -> None:
    watched = open_page(dashboard, timezone_id="Asia/Seoul")
    watched.open("#/models?model=mock-model&period=24h")
    watched.becomes(
        "(() => { const { data, _fullLayout: drawn } = document.querySelector('.chart');"
        " const places = data?.[0].x.map((at) => drawn.xaxis.d2p(at)) ?? [];"
        " return places.length > 0 && places.every((at) => at >= 0 && at <= drawn.xaxis._length); })()"
    )


def test_the_page_refuses_html_and_scripts_made_of_texts(dashboard: DashboardSystem, open_page: OpenPage) -> None:
    watched = open_page(dashboard)
    watched.expected.append("requires 'Trusted")
    page = watched.open("#/agents")
    for made in ("document.body.innerHTML = '<b>'", "document.createElement('script').text = '1'"):
        assert (
            page.evaluate(f"() => {{ try {{ {made}; return 'done' }} catch (e) {{ return e.name }} }}")
            == "TypeError"
        )


def test_language_and_colours_are_chosen_and_kept(dashboard: DashboardSystem, open_page: OpenPage) -> None:
    page = open_page(dashboard).open("#/agents")
    page.get_by_label("Language").focus()
    page.get_by_label("Language").select_option("ko")
    expect(page.get_by_role("heading", level=1)).to_have_text("에이전트")
    expect(page.get_by_label("언어")).to_be_focused()
    page.get_by_role("button", name="어두운 색상").click()
    expect(page.get_by_role("button", name="밝은 색상")).to_be_focused()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("에이전트")
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_a_term_is_explained_to_pointers_keyboards_and_readers(
    dashboard: DashboardSystem, open_page: OpenPage
) -> None:
    page = open_page(dashboard).open("#/agents")
    button = page.get_by_role("button", name="What is Clock offset?")
    expect(button).to_have_accessible_description(re.compile("how far", re.IGNORECASE))
    button.focus()
    expect(page.locator(".bubble")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".bubble")).to_be_hidden()


def test_a_page_that_does_not_exist_says_so(dashboard: DashboardSystem, open_page: OpenPage) -> None:
    page = open_page(dashboard).open("#/nowhere/at/all")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing here")
    page.get_by_role("link", name="Go to the first page").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Nothing here")
