"""The documentation the gateway serves, and routes nobody wrote code for."""

from __future__ import annotations

import pytest
from google.api.http_pb2 import HttpRule
from google.protobuf.message_factory import GetMessageClass

from loadcell.documents import parse
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


async def test_an_annotated_method_is_served_documented_and_cut_without_code(gateway_with):
    rule = HttpRule(get="/api/v1/things/{name}", additional_bindings=[HttpRule(post="/api/v1/things", body="*")])
    service = build_service("test.served", {"GetThing": rule})
    method = service.methods_by_name["GetThing"]
    thing = {"text": "found", "node": {"value": "v", "next": {"value": "w"}}}
    async with gateway_with(services=(service,)) as gateway:
        gateway.controller.answers["GetThing"] = parse(GetMessageClass(method.output_type), thing)
        path = "/api/v1/things/a"
        assert (await gateway.http.get(f"{path}?sizes=1&sizes=2")).json() == thing
        assert (await gateway.http.get(f"{path}?sizes=1,2&kind=LARGE")).json() == thing
        assert (await gateway.http.get(f"{path}?kind=small&since=now-1h&fields=text")).json() == {"text": "found"}
        cut = await gateway.http.get(f"{path}?fields=node.next.value&fields=node.value")
        assert cut.json() == {"node": thing["node"]}
        assert (await gateway.http.post("/api/v1/things", json={"name": "b"})).json() == thing
        asked = [call.request for call in gateway.controller.calls]
        assert [(one.name, list(one.sizes), one.kind) for one in asked] == [
            ("a", [1, 2], 0),
            ("a", [1, 2], 2),
            ("a", [], 1),
            ("a", [], 0),
            ("b", [], 0),
        ]
        assert asked[2].HasField("since")

        refused = await gateway.http.get(f"{path}?fields=node.txt")
        error = refused.json()["error"]
        assert (refused.status_code, error["error_code"], error["field"]) == (400, "UNKNOWN_FIELD", "fields")
        assert "'node.txt'" in error["message"]
        assert "next" in error["message"]
        assert len(gateway.controller.calls) == len(asked)

        document = (await gateway.http.get("/openapi.json")).json()
        operation = document["paths"]["/api/v1/things/{name}"]["get"]
        assert {"name", "sizes", "kind", "since", "fields"} <= {one["name"] for one in operation["parameters"]}
        assert {"200", "304", "400", "401", "403", "404", "429", "500", "503", "504"} <= operation[
            "responses"
        ].keys()
        assert document["components"]["schemas"]["test.served.GetThingResponse"]["examples"]
