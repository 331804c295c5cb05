"""A page of a browser whose console and requests are looked at: whatever goes wrong unseen fails the test."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, expect

from tests.browser.dashboard_system import has_come

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}
SERIOUS = {"serious", "critical"}
MILLISECONDS = 60_000  # how long a browser waits for what must come
expect.set_options(timeout=MILLISECONDS)


class WatchedPage:
    """One page. `expected` are patterns of what its console may say, such as of a refusal the test wants."""

    def __init__(self, context: BrowserContext, url: str, artefacts: Path) -> None:
        self.url = url
        self.expected: list[str] = []
        self._said: list[str] = []
        self._foreign: list[str] = []
        self._artefacts = artefacts
        self.page: Page = context.new_page()
        self.page.set_default_timeout(MILLISECONDS)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self._said.append(f"{error}\n{error.stack}"))
        self.page.on("request", self._requested)
        self.page.on("websocket", lambda socket: self._check(socket.url))

    def open(self, address: str = "") -> Page:
        """Go to an address such as `#/agents`, and wait until it is shown and nothing is awaited any more."""
        self.page.goto(self.url + address)
        self.settled()
        return self.page

    def settled(self) -> None:
        """Wait until a title is shown, and no part of the page waits for data."""
        expect(self.page.locator("h1")).not_to_be_empty()
        expect(self.page.locator(".skeleton, [aria-busy=true]")).to_have_count(0)

    def becomes(self, expression: str, argument: object = None) -> None:
        """Wait until an expression of the page is true. By ourselves: what the browser has for it needs `eval`."""
        assert has_come(lambda: bool(self.page.evaluate(expression, argument))), expression

    def screenshot(self, name: str) -> None:
        """Keep what is shown, whole."""
        self.page.screenshot(path=self._artefacts / f"{name}.png", full_page=True)

    def findings(self) -> list[str]:
        """What axe-core finds to be serious or worse."""
        found: list[dict[str, Any]] = Axe().run(self.page).response["violations"]
        return [
            f"{one['id']}: {one['help']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
            for one in found
            if one["impact"] in SERIOUS
            for node in one["nodes"]
        ]

    def is_wider_than_the_screen(self) -> bool:
        """Whether the page itself, not a table in it, has to be moved sideways."""
        return bool(
            self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        )

    def problems(self) -> list[str]:
        """Errors nobody expected, and requests to elsewhere."""
        said = [one for one in self._said if not any(re.search(pattern, one) for pattern in self.expected)]
        return said + [f"a request to {url}" for url in self._foreign]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning", "assert"):
            self._said.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def _requested(self, request: Request) -> None:
        self._check(request.url)

    def _check(self, url: str) -> None:
        if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).netloc != urlsplit(self.url).netloc:
            self._foreign.append(url)


OpenPage = Callable[..., WatchedPage]
"""Of a system, a credential (its key; "" for nobody) and options of the browser's context."""
