"""The documentation the gateway serves, and routes nobody wrote code for."""

from __future__ import annotations

import pytest
from google.api.http_pb2 import HttpRule
from google.protobuf.message_factory import GetMessageClass

from tests.fakes.synthetic_service import build_service

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_page_and_all_it_loads_come_from_the_gateway(gateway):
    page = await gateway.http.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    for path, media_type in (("/docs/docs.js", "text/javascript"), ("/docs/docs.css", "text/css")):
        assert path in page.text
        assert (await gateway.http.get(path)).headers["content-type"].startswith(media_type)
    document = (await gateway.http.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")


async def test_every_documented_path_is_served(gateway):
    document = (await gateway.http.get("/openapi.json")).json()
    for path, verbs in document["paths"].items():
        other = next(verb for verb in ("PATCH", "PUT", "DELETE", "POST", "GET") if verb.lower() not in verbs)
        answer = await gateway.http.request(other, path.replace("{", "").replace("}", ""))
        allowed = set(answer.headers["allow"].split(", "))
        assert answer.status_code == 405, path
        assert {verb.upper() for verb in verbs} == allowed - {"HEAD", "OPTIONS"}


async def test_an_annotated_method_is_served_without_code(gateway_with):
    rule = HttpRule(get="/api/v1/things/{name}", additional_bindings=[HttpRule(post="/api/v1/things", body="*")])
    service = build_service("test.served", {"GetThing": rule})
    method = service.methods_by_name["GetThing"]
    async with gateway_with(services=(service,)) as gateway:
        gateway.controller.answers["GetThing"] = GetMessageClass(method.output_type)(text="found")
        assert (await gateway.http.get("/api/v1/things/a?sizes=1&sizes=2")).json() == {"text": "found"}
        assert (await gateway.http.post("/api/v1/things", json={"name": "b"})).json() == {"text": "found"}
        names = [(call.request.name, list(call.request.sizes)) for call in gateway.controller.calls]
        assert names == [("a", [1, 2]), ("b", [])]
        document = (await gateway.http.get("/openapi.json")).json()
        assert "/api/v1/things/{name}" in document["paths"]
