"""The dashboard as it is served: to browsers only, whole, to be kept, and nothing beside it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.requests import Request

from gateway.health import make_probes
from gateway.web.dashboard import dashboard_routes

pytestmark = pytest.mark.asyncio(loop_scope="module")

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def links(document: str) -> list[str]:
    return re.findall(r'(?:href|src|data-charts)="(/web/[^"]+)"', document)


async def test_browsers_get_the_page_and_everybody_else_what_they_always_got(gateway):
    page = await gateway.http.get("/", headers=BROWSER)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for accept in ("*/*", "application/json", "application/json, text/html", "text/html;q=0, */*", ""):
        answer = await gateway.http.get("/", headers={"Accept": accept})
        assert answer.json()["service"] == "loadcell-gateway"
        assert "accept" in answer.headers["vary"].lower()
    assert "Accept" in page.headers["vary"]
    assert (await gateway.http.post("/", headers=BROWSER)).status_code == 405


async def test_the_page_knows_the_controller_unless_it_is_behind_a_file():
    nobody: Any = None
    front = make_probes(nobody)[0]
    for told, shown in (("c.example:50061", "c.example:50061"), ("unix:/run/secret/path", "")):
        route = dashboard_routes(front, told)[0]
        request = Request({"type": "http", "method": "GET", "headers": [(b"accept", BROWSER["Accept"].encode())]})
        page = (await route.endpoint(request)).body.decode()
        assert f'data-controller="{shown}"' in page
        assert "secret" not in page


async def test_the_page_permits_nothing_but_its_own_files(gateway):
    page = await gateway.http.get("/", headers=BROWSER)
    rules = dict(rule.split(" ", 1) for rule in page.headers["content-security-policy"].split("; "))
    assert rules["default-src"] == "'none'"
    assert {rules[name] for name in ("script-src", "style-src", "connect-src", "font-src")} == {"'self'"}
    assert (rules["require-trusted-types-for"], rules["trusted-types"]) == ("'script'", "'none'")
    assert "unsafe" not in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"


async def test_the_page_is_asked_for_each_time_and_sent_when_it_is_another(gateway):
    page = await gateway.http.get("/", headers=BROWSER)
    assert page.headers["cache-control"] == "no-cache"
    known = BROWSER | {"If-None-Match": page.headers["etag"]}
    again = await gateway.http.get("/", headers=known)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", page.headers["etag"])


async def test_all_it_loads_is_there_with_its_type_and_may_be_kept_for_ever(gateway):
    types = {".js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
    found = links((await gateway.http.get("/", headers=BROWSER)).text)
    assert any("/charts/" in path for path in found)
    assert any(path.endswith("app/main.js") for path in found)
    for path in found:
        answer = await gateway.http.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["content-type"].startswith(types[path[-3:]])
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        again = await gateway.http.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_nothing_else_is_served_from_there(gateway):
    found = links((await gateway.http.get("/", headers=BROWSER)).text)
    base = next(path for path in found if path.endswith("/app/main.js")).removesuffix("app/main.js")
    for path in ("", "app", "app/", "app/../__init__.py", "../../assets.py", "..%2f..%2fassets.py", "index.html"):
        assert (await gateway.http.get(base + path)).status_code == 404, path
    for path in ("app//main.js", "/etc/passwd", "%2fetc%2fpasswd", "docs.js", "assets.py"):
        assert (await gateway.http.get(base + path)).status_code == 404, path
    other = base.replace(base.split("/")[3], "0" * 16)
    for path in (f"{other}app/main.js", "/web/charts/0000000000000000.js", "/web/charts/plotly.js", "/web/"):
        refused = await gateway.http.get(path)
        assert (refused.status_code, refused.json()["error"]["error_code"]) == (404, "RESOURCE_NOT_FOUND")


async def test_pages_and_hosts_of_others_do_not_get_it_from_an_open_controller(gateway_with):
    async with gateway_with(local_only=True) as gateway:
        assert (await gateway.http.get("/", headers=BROWSER)).status_code == 200
        for headers in ({"Host": "elsewhere.example"}, {"Origin": "http://elsewhere.example"}):
            assert (await gateway.http.get("/", headers=BROWSER | headers)).status_code == 403
