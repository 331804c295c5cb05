"""The OpenAPI document and the page that shows it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest
from google.api.http_pb2 import HttpRule
from google.protobuf.message_factory import GetMessageClass
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.routing import WebSocketRoute

from gateway.bindings import read_bindings
from gateway.contract import SERVICES, comments
from gateway.openapi import make_document
from gateway.openapi.example_values import REQUESTS
from gateway.openapi.examples import example
from gateway.openapi.refusals import refusals_of
from gateway.web.dashboard import CHARTS_PATH, FILES_PATH
from loadcell.documents import parse
from loadcell.errors import REASONS
from scripts import reference
from tests.fakes.synthetic_service import build_service

BINDINGS = read_bindings(SERVICES)
APP = reference.application()


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(reference.document()))
    return made


def test_lists_that_must_not_be_empty_say_so(document: dict[str, Any]):
    properties = document["components"]["schemas"]["CreateRunRequest"]["properties"]
    assert [name for name, schema in properties.items() if schema.get("minItems") == 1] == ["concurrency", "rate"]


def walk(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from walk(child)
    elif isinstance(node, list):
        for child in node:
            yield from walk(child)


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, verb, op) for path, verbs in document["paths"].items() for verb, op in verbs.items()]


def test_others_read_it_as_openapi_3_1(document):
    OpenAPIV31SpecValidator(document).validate()


def test_every_route_is_described(document):
    described = {(verb.upper(), path) for path, verb, _ in operations(document)}
    assert {(b.verb, b.template.documented) for b in BINDINGS} < described
    of_the_page = {"/docs/docs.css", "/docs/docs.js", "/graphql/playground.css", "/graphql/playground.js"}
    of_the_page |= {FILES_PATH, CHARTS_PATH}
    documented = {b.template.route: b.template.documented for b in BINDINGS}
    served = {documented.get(route.path, route.path) for route in APP.routes} - of_the_page
    sockets = {route.path for route in APP.routes if isinstance(route, WebSocketRoute)}
    assert {path for _, path in described} == served - sockets
    assert {socket["path"] for socket in document["x-websockets"]} == sockets
    assert all(socket["summary"] and socket["description"] for socket in document["x-websockets"])


def test_every_reference_can_be_resolved(document):
    references = {node["$ref"] for node in walk(document) if "$ref" in node}
    assert len(references) > 20
    for name in references:
        node = document
        for part in name.removeprefix("#/").split("/"):
            node = node[part]
        assert node


def test_operations_are_complete(document):
    identifiers = [op["operationId"] for _, _, op in operations(document)]
    assert len(identifiers) == len(set(identifiers))
    for path, _, op in operations(document):
        assert op["summary"], path
        accepted = op["operationId"] == "CreateExport"
        assert ("202" if accepted else "200") in op["responses"]
        assert {"400", "403", "500"} <= op["responses"].keys()
        assert "default" not in op["responses"]
        in_path = {p["name"] for p in op.get("parameters", []) if p["in"] == "path"}
        assert in_path == set(re.findall(r"\{([^}]*)\}", path))
        assert all(p["required"] for p in op.get("parameters", []) if p["in"] == "path")


def test_everything_of_the_contract_carries_its_comment(document):
    for name, schema in document["components"]["schemas"].items():
        assert schema["description"], name
        for field, property_ in schema.get("properties", {}).items():
            assert property_.get("description"), f"{name}.{field}"


def test_requests_refuse_unknown_fields_and_name_the_required_ones(document):
    request = document["components"]["schemas"]["CreateRunRequest"]
    assert request["additionalProperties"] is False
    assert request["required"] == ["server_url"]
    # null is the same as nothing.
    assert request["properties"]["server_url"]["type"] == "string"
    assert request["properties"]["model"]["type"] == ["string", "null"]
    assert request["properties"]["api_key"]["writeOnly"] is True
    body = document["paths"]["/api/v1/benchmark/run"]["post"]["requestBody"]
    assert body["required"] is True
    cancel = document["paths"]["/api/v1/benchmark/run/{run_id}/cancel"]["post"]["requestBody"]
    assert cancel["content"]["application/json"]["schema"]["properties"] == {}


def test_answers_say_what_may_be_null(document):
    stats = document["components"]["schemas"]["LatencyStats"]["properties"]
    assert stats["p99"]["type"] == ["number", "null"]
    assert {"type": "null"} in stats["p99_ci"]["anyOf"]
    assert stats["count"]["type"] == "integer"
    assert document["components"]["schemas"]["Run"]["properties"]["started_at"]["type"] == ["string", "null"]


def test_enums_and_parameters(document):
    assert "poisson" in document["components"]["schemas"]["Arrival"]["enum"]
    history = document["paths"]["/api/v1/benchmark/history"]["get"]["parameters"]
    assert {"limit", "offset", "cursor", "status", "model", "labels", "created_from"} <= {
        p["name"] for p in history
    }
    create = document["paths"]["/api/v1/benchmark/run"]["post"]["parameters"]
    assert [p["name"] for p in create] == ["Idempotency-Key"]


def test_a_download_is_a_file(document):
    export = document["paths"]["/api/v1/benchmark/result/{run_id}/export"]["get"]
    assert "fields" not in {p["name"] for p in export["parameters"]}
    assert export["responses"]["200"]["content"] == {"*/*": {"schema": {"type": "string", "format": "binary"}}}


def test_what_is_read_can_be_asked_for_again(document):
    for binding in BINDINGS:
        op = document["paths"][binding.template.documented][binding.verb.lower()]
        sent = {p["name"] for p in op["parameters"] if p["in"] == "header"}
        assert ({"If-None-Match", "If-Modified-Since"} <= sent) == (binding.verb == "GET"), op["operationId"]
        assert ("304" in op["responses"]) == (binding.verb == "GET"), op["operationId"]
    traces = document["paths"]["/api/v1/traces"]["get"]["responses"]["200"]["headers"]
    assert {"ETag", "Cache-Control", "Vary", "X-Request-ID", "X-RateLimit-Remaining"} <= traces.keys()


def test_every_error_is_listed_with_its_status(document):
    listed = {row["error_code"]: row["status"] for row in document["x-errors"]}
    assert listed.keys() == REASONS.keys()
    assert (listed["RUN_NOT_FINISHED"], listed["RUN_NOT_FOUND"], listed["INVALID_API_KEY"]) == (202, 404, 401)


def test_every_example_is_one_of_its_schema(document):
    count = 0
    for node in walk(document):
        schema = node.get("schema", node)
        for shown in [*node.get("examples", ()), *([node["example"]] if "example" in node else ())]:
            Draft202012Validator({**schema, "components": document["components"]}).validate(shown)
            count += 1
    assert count > 300


def test_every_example_of_a_request_can_be_read(document):
    for binding in BINDINGS:
        if binding.body:
            shown = example(binding.request, request=True)
            assert parse(GetMessageClass(binding.request), shown).ByteSize(), binding.method.name
    assert REQUESTS.keys() <= {binding.request.name for binding in BINDINGS}


def test_errors_are_declared_by_the_statuses_they_are_answered_with(document):
    result = document["paths"]["/api/v1/benchmark/result/{run_id}"]["get"]["responses"]
    assert result["202"]["description"] == "RUN_NOT_FINISHED"
    assert result["500"]["description"].startswith("RUN_FAILED")
    export = document["paths"]["/api/v1/benchmark/result/{run_id}/export"]["get"]["responses"]
    assert {"202", "400", "401", "403", "404", "429", "500", "503", "504"} <= export.keys()
    assert not {"409", "413", "415"} & export.keys()
    create = document["paths"]["/api/v1/benchmark/run"]["post"]["responses"]
    assert create["409"]["description"] == "CAPACITY_EXCEEDED, LOAD_NOT_ACKNOWLEDGED"
    assert {"413", "415"} <= create.keys()
    codes = document["components"]["schemas"]["Error404"]["allOf"][1]["properties"]["error"]["properties"]
    assert {"RUN_NOT_FOUND", "RESULT_NOT_FOUND"} <= set(codes["error_code"]["enum"])
    for header, status in (("Retry-After", 429), ("Retry-After", 503), ("WWW-Authenticate", 401)):
        assert header in document["components"]["responses"][f"Error{status}"]["headers"]


def test_every_error_the_contract_names_exists():
    known = comments()
    for binding in BINDINGS:
        for reasons in refusals_of(binding, known).values():
            assert set(reasons) <= REASONS.keys()


def test_messages_that_contain_themselves_nested_parameters_and_partial_bodies():
    rules = {
        "Ask": HttpRule(get="/ask", additional_bindings=[HttpRule(get="/ask/{filter.text}")]),
        "Put": HttpRule(put="/put/{name}", body="node"),
    }
    document = make_document(read_bindings([build_service("test.openapi", rules)]), [], {})
    ask = {p["name"] for p in document["paths"]["/ask"]["get"]["parameters"] if p["in"] == "query"}
    assert ask == {"name", "sizes", "flag", "request_id", "filter.text", "node.value", "kind", "since", "fields"}
    put = document["paths"]["/put/{name}"]["put"]
    assert put["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/test.openapi.NodeInput")
    node = document["components"]["schemas"]["test.openapi.NodeInput"]
    assert node["properties"]["next"]["anyOf"][0]["$ref"].endswith("/test.openapi.NodeInput")
    identifiers = [op["operationId"] for _, _, op in operations(document)]
    assert len(identifiers) == len(set(identifiers))


@pytest.mark.parametrize("file", ["docs.html", "docs.css", "docs.js"])
def test_the_page_loads_nothing_from_elsewhere_and_has_no_inline_script(file):
    text = resources.files("gateway.web").joinpath(file).read_text()
    assert not re.search(r"(?:https?:)?//[a-z]", re.sub(r"^//.*$", "", text, flags=re.MULTILINE))
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", text)
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|\beval\(", text)
