"""GraphQL over HTTP: in which form a document is taken, by whom, and how what is wrong is told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from graphql_asking import KEY, ask, asked, only_error, traces

from gateway.graphql.settings import DEFAULTS
from loadcell.errors import LoadcellError
from loadcell.v1 import auth_pb2, run_pb2

pytestmark = pytest.mark.asyncio(loop_scope="module")

PURE = "application/graphql-response+json"


async def test_a_document_may_be_in_the_url(gateway):
    gateway.controller.answers["ListTraces"] = traces("a")
    parameters = {
        "query": "query A($n: Int) { traces(limit: $n) { id } } query B { runs { runId } }",
        "variables": '{"n": 3}',
        "operationName": "A",
        "extensions": "{}",
    }
    gateway.controller.answers["GetCaller"] = auth_pb2.GetCallerResponse()
    answer = await gateway.http.get("/graphql", params=parameters, headers=KEY)
    assert answer.json() == {"data": {"traces": [{"id": "a"}]}}
    assert asked(gateway)[0].request.limit == 3
    for name, value in (("variables", "{"), ("variables", "[]"), ("operationName", "C"), ("other", "1")):
        refused = await gateway.http.get("/graphql", params={**parameters, name: value})
        assert refused.status_code == 400
    assert (await gateway.http.get("/graphql")).json()["error"]["field"] == "query"
    twice = (await gateway.http.get("/graphql?query={a}&query={b}")).json()["error"]
    assert (twice["error_code"], twice["field"]) == ("INVALID_FIELD_FORMAT", "query")
    unread = (await gateway.http.get("/graphql?query={a}&variables={b")).json()["error"]
    assert unread["message"].startswith("variables is not JSON")


async def test_what_is_wrong_in_a_document_is_said_to_be_where(gateway):
    answer = await ask(gateway, "{\n  models { id }\n  models(limit: 1.5) { nope }\n}")
    assert answer.status_code == 400
    assert {tuple(one["locations"][-1].values()) for one in answer.json()["errors"]} >= {(3, 17), (3, 24)}


@pytest.mark.parametrize("accepted", ["application/json", PURE, "*/*", f"text/html, {PURE};q=0.9, */*;q=0.1"])
async def test_answers_have_the_type_that_is_accepted(gateway, accepted):
    gateway.controller.answers["ListTraces"] = traces()
    answer = await ask(gateway, "{ traces { id } }", {"Accept": accepted})
    wanted = PURE if PURE in accepted else "application/json"
    assert (answer.status_code, answer.headers["content-type"]) == (200, f"{wanted}; charset=utf-8")
    assert {"Accept", "Authorization"} <= {name.strip() for name in answer.headers["vary"].split(",")}
    assert answer.headers["cache-control"].startswith("private")
    wrong = await ask(gateway, "{ nothing }", {"Accept": accepted})
    assert (wrong.status_code, wrong.headers["content-type"]) == (400, f"{wanted}; charset=utf-8")
    assert wrong.json().keys() == {"errors"}


async def test_nothing_is_done_for_who_takes_no_answer(gateway):
    for accepted in ("text/csv", "application/json;q=0", f"{PURE};q=0, text/html"):
        refused = await ask(gateway, "{ traces { id } }", {"Accept": accepted})
        assert (refused.status_code, refused.json()["error"]["error_code"]) == (406, "NOT_ACCEPTABLE")
    assert gateway.controller.calls == []


async def test_errors_have_their_row_of_the_catalog(gateway):
    gateway.controller.answers["GetRun"] = LoadcellError("RUN_NOT_FOUND", "no run r", field="run_id")
    gateway.controller.answers["ListTraces"] = traces("a")
    answer = await ask(gateway, '{ run(runId: "r") { model } traces { id } }', {"X-Request-ID": "mine"})
    assert (answer.status_code, answer.json()["data"]) == (200, {"run": None, "traces": [{"id": "a"}]})
    assert only_error(answer) == {
        "message": "no run r",
        "path": ["run"],
        "locations": [{"line": 1, "column": 3}],
        "extensions": {
            "code": 1304,
            "error_code": "RUN_NOT_FOUND",
            "category": "NOT_FOUND",
            "request_id": "mine",
            "documentation_url": "/docs#RUN_NOT_FOUND",
            "field": "run_id",
        },
    }


@pytest.mark.parametrize(
    ("reason", "status", "header"),
    [
        ("MISSING_AUTHORIZATION", 401, "www-authenticate"),
        ("INSUFFICIENT_PERMISSIONS", 403, None),
        ("RATE_LIMIT_EXCEEDED", 429, "retry-after"),
        ("SERVICE_UNAVAILABLE", 503, "retry-after"),
    ],
)
async def test_a_caller_that_gets_nothing_is_told_so_by_the_status(gateway, reason, status, header):
    gateway.controller.answers["ListTraces"] = LoadcellError(reason, "no")
    gateway.controller.answers["ListRuns"] = LoadcellError(reason, "no")
    answer = await ask(gateway, "{ traces { id } runs { runId } }")
    assert (answer.status_code, answer.json().keys()) == (status, {"errors"})
    assert header is None or answer.headers[header]
    gateway.controller.answers["ListRuns"] = run_pb2.ListRunsResponse()
    part = await ask(gateway, "{ traces { id } runs { runId } }")
    assert (part.status_code, part.json()["data"]) == (200, {"traces": None, "runs": []})
    assert only_error(part)["extensions"]["error_code"] == reason


async def test_what_goes_wrong_inside_is_not_told(gateway, monkeypatch):
    gateway.controller.answers["ListTraces"] = RuntimeError("/home/secret/path")
    answer = await ask(gateway, "{ traces { id } }")
    assert (answer.status_code, only_error(answer)["extensions"]["error_code"]) == (500, "INTERNAL_SERVER_ERROR")
    assert "secret" not in answer.text

    def broken(*_args: object) -> None:
        raise RuntimeError("/home/secret/path")

    gateway.controller.answers["ListTraces"] = traces("a")
    monkeypatch.setattr("gateway.graphql.asking.render", broken)
    answer = await ask(gateway, "{ traces { id } }")
    assert (answer.status_code, only_error(answer)["extensions"]["error_code"]) == (500, "INTERNAL_SERVER_ERROR")
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("variables", "word"),
    [
        ({"n": "x"}, "non-integer"),
        ({"n": -(2**31) - 1}, "32-bit"),
        ({"f": {"minTokens": 1.5}}, "64 bits"),
        ({"f": {"minTokens": True}}, "64 bits"),
        ({"f": {"nope": 1}}, "nope"),
        ({"f": {"tags": [[["x"]]]}}, "tags"),
        ({"f": []}, "$f"),
    ],
)
async def test_variables_have_the_types_of_the_schema(gateway, variables, word):
    document = "query ($n: Int, $f: TraceFilter) { traces(limit: $n, filter: $f) { id } }"
    answer = await ask(gateway, document, **variables)
    assert (answer.status_code, asked(gateway)) == (400, [])
    assert only_error(answer)["extensions"]["error_code"] == "INVALID_REQUEST"
    assert word in only_error(answer)["message"]


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", 400, "INVALID_REQUEST"),
        (b"{", 400, "INVALID_REQUEST"),
        (b"[]", 400, "INVALID_REQUEST"),
        (b'[{"query": "{ __typename }"}]', 400, "INVALID_REQUEST"),
        (b'{"query": "{a}", "query": "{b}"}', 400, "INVALID_REQUEST"),
        (b'{"query": null}', 400, "MISSING_REQUIRED_FIELD"),
        (b'{"query": 1}', 400, "INVALID_FIELD_FORMAT"),
        (b'{"query": "{a}", "variables": [1]}', 400, "INVALID_FIELD_FORMAT"),
        (b'{"query": "{a}", "operationName": {}}', 400, "INVALID_FIELD_FORMAT"),
        (b'{"query": "{a}", "mutation": 1}', 400, "UNKNOWN_FIELD"),
        (b'{"query": "' + b"x" * 140_000 + b'"}', 413, "PAYLOAD_TOO_LARGE"),
    ],
)
async def test_bodies_that_are_no_question(gateway, body, status, reason):
    answer = await gateway.http.post("/graphql", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["error_code"]) == (status, reason)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_a_page_of_another_site_can_send_nothing_that_is_read(gateway, kind):
    body = b'{"query": "{ traces { id } }"}'
    answer = await gateway.http.post("/graphql", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["error"]["error_code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert gateway.controller.calls == []


async def test_nothing_can_be_changed(gateway):
    for document in ('mutation { cancelRun(runId: "r") { runId } }', "subscription { traces { id } }"):
        for answer in (
            await ask(gateway, document),
            await gateway.http.get("/graphql", params={"query": document}),
        ):
            assert answer.status_code == 400
            assert "not supported by the schema" in answer.text
    assert (await gateway.http.put("/graphql")).status_code == 405


SCHEMA = "{ __schema { queryType { name } } }"


async def test_the_schema_is_told_to_the_only_user_of_this_machine(gateway, local_gateway):
    refused = await ask(gateway, SCHEMA)
    assert (refused.status_code, only_error(refused)["extensions"]["category"]) == (403, "AUTHORIZATION")
    assert (await ask(gateway, '{ __type(name: "Trace") { name } }')).status_code == 403
    assert (await ask(gateway, "{ __typename }")).json() == {"data": {"__typename": "Query"}}
    assert (await ask(local_gateway, SCHEMA)).json() == {"data": {"__schema": {"queryType": {"name": "Query"}}}}
    page = await local_gateway.http.get("/graphql/playground")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    missing = await gateway.http.get("/graphql/playground")
    assert (missing.status_code, missing.json()["error"]["error_code"]) == (404, "RESOURCE_NOT_FOUND")


async def test_the_page_loads_nothing_from_elsewhere(local_gateway):
    page = (await local_gateway.http.get("/graphql/playground")).text
    for path, kind in (("/graphql/playground.css", "text/css"), ("/graphql/playground.js", "text/javascript")):
        assert f'"{path}"' in page
        part = await local_gateway.http.get(path)
        assert part.headers["content-type"].startswith(kind)
        assert "//" not in part.text
    assert "//" not in page
    assert "<style" not in page
    assert "style=" not in page
    assert "default-src 'self'" in part.headers["content-security-policy"]


async def test_settings_open_and_shut_it(gateway_with):
    shown = replace(DEFAULTS, graphql_introspection="on", graphql_playground="on")
    async with gateway_with(graphql=shown) as gateway:
        assert (await ask(gateway, SCHEMA)).status_code == 200
        assert (await gateway.http.get("/graphql/playground")).status_code == 200
    hidden = replace(DEFAULTS, graphql_introspection="off", graphql_playground="off")
    async with gateway_with(graphql=hidden, local_only=True) as gateway:
        assert (await ask(gateway, SCHEMA)).status_code == 403
        assert (await gateway.http.get("/graphql/playground")).status_code == 404
    async with gateway_with(graphql=replace(DEFAULTS, graphql=False)) as gateway:
        assert (await ask(gateway, "{ __typename }")).status_code == 404
        assert "/graphql" not in (await gateway.http.get("/openapi.json")).json()["paths"]
