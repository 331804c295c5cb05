"""GraphQL over HTTP: what is taken, what the controller is asked, and how errors are told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest

from gateway.graphql.documents import Documents
from gateway.graphql.settings import DEFAULTS
from loadcell.errors import LoadcellError
from loadcell.v1 import auth_pb2, model_pb2, run_pb2, trace_pb2

pytestmark = pytest.mark.asyncio(loop_scope="module")

PURE = "application/graphql-response+json"
KEY = {"X-API-Key": "k"}


def asked(gateway) -> list[Any]:
    """The calls but for those that say who is asking: which documents are known depends on what came before."""
    return [call for call in gateway.controller.calls if call.method != "GetCaller"]


def traces(*trace_ids: str) -> trace_pb2.ListTracesResponse:
    data = [
        trace_pb2.Trace(trace_id=name, model="m", run_id=f"run-{place % 2}")
        for place, name in enumerate(trace_ids)
    ]
    return trace_pb2.ListTracesResponse(status="success", data=data)


async def ask(gateway, document: str, headers: dict[str, str] | None = None, **variables: Any) -> httpx.Response:
    gateway.controller.answers.setdefault("GetCaller", auth_pb2.GetCallerResponse())
    body = {"query": document, "variables": variables}
    return await gateway.http.post("/graphql", json=body, headers={**KEY, **(headers or {})})


def only_error(answer: httpx.Response) -> dict[str, Any]:
    (error,) = answer.json()["errors"]
    return error


async def test_the_documented_query_is_answered(gateway):
    gateway.controller.answers["ListTraces"] = traces("a", "b")
    answer = await ask(
        gateway,
        """query GetTraces($filter: TraceFilter) {
          traces(filter: $filter, limit: 10) { id timestamp model duration tokenCount cost metadata }
        }""",
        filter={"model": "m", "from": "now-1h", "tags": ["x"], "minTokens": 3},
    )
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json; charset=utf-8")
    nothing = dict.fromkeys(("timestamp", "duration", "tokenCount", "cost", "metadata"))
    assert answer.json() == {"data": {"traces": [{"id": name, "model": "m", **nothing} for name in "ab"]}}
    request = asked(gateway)[0].request
    assert (request.model, getattr(request, "from"), list(request.tags), request.limit) == (
        "m",
        "now-1h",
        ["x"],
        10,
    )
    assert request.min_tokens == 3
    wanted = ["attributes", "duration_ms", "model", "total_cost_usd", "total_tokens", "trace_id", "ts"]
    assert (list(request.fields), list(request.include)) == (wanted, [])


async def test_what_belongs_to_each_trace_comes_with_the_list(gateway):
    gateway.controller.answers["ListTraces"] = traces(*(f"{n}" for n in range(50)))
    document = """{ tracePage { data { ...All } } }
    fragment All on Trace { feedback { score } ...More tags }
    fragment More on Trace { ... on Trace { evaluations { passed } children { spanId } } }"""
    answer = await ask(gateway, document)
    assert len(answer.json()["data"]["tracePage"]["data"]) == 50
    (call,) = asked(gateway)
    assert list(call.request.include) == ["children", "evaluations", "feedback"]
    assert list(call.request.fields) == ["tags", "trace_id"]


def timelines(*trace_ids: str, **others: list[str]) -> trace_pb2.BatchGetTracesResponse:
    event = trace_pb2.TimelineEvent(offset_ms=1.5, token_count=2)
    data = [trace_pb2.Trace(trace_id=name, timeline=[event]) for name in trace_ids]
    return trace_pb2.BatchGetTracesResponse(data=data, **others)


EVENTS = [{"offsetMs": 1.5, "tokenCount": 2}]


async def test_runs_and_timelines_of_a_list_are_a_call_each(gateway):
    trace_ids = [f"{n}" for n in range(50)]
    gateway.controller.answers["ListTraces"] = traces(*trace_ids)
    found = [run_pb2.Run(run_id=f"run-{n}") for n in range(2)]
    gateway.controller.answers["BatchGetRuns"] = run_pb2.BatchGetRunsResponse(runs=found)
    gateway.controller.answers["BatchGetTraces"] = timelines(*trace_ids)
    answer = await ask(gateway, "{ traces { run { runId } timeline { offsetMs tokenCount } } }")
    assert answer.json()["data"]["traces"] == [
        {"run": {"runId": f"run-{n % 2}"}, "timeline": EVENTS} for n in range(50)
    ]
    calls = {call.method: call.request for call in asked(gateway)}
    assert (len(asked(gateway)), calls.keys()) == (3, {"ListTraces", "BatchGetRuns", "BatchGetTraces"})
    assert list(calls["ListTraces"].fields) == ["run_id", "trace_id"]
    assert sorted(calls["BatchGetRuns"].run_ids) == ["run-0", "run-1"]
    batch = calls["BatchGetTraces"]
    assert sorted(batch.trace_ids) == sorted(trace_ids)
    assert (list(batch.include), list(batch.fields)) == (["timeline"], ["trace_id"])


async def test_no_call_reads_more_than_a_hundred(gateway):
    trace_ids = [f"{n}" for n in range(150)]
    gateway.controller.answers["ListTraces"] = traces(*trace_ids)
    gateway.controller.answers["BatchGetTraces"] = timelines(*trace_ids)
    answer = await ask(gateway, "{ traces { timeline { offsetMs tokenCount } } }")
    assert answer.json()["data"]["traces"] == [{"timeline": EVENTS}] * 150
    assert sorted(len(call.request.trace_ids) for call in asked(gateway)[1:]) == [50, 100]


async def test_timelines_an_answer_has_no_room_for_are_asked_for_again(gateway, monkeypatch):
    gateway.controller.answers["ListTraces"] = traces("a", "b", "a", "c")
    pages = {("a", "b", "c"): timelines("a", left_out=["b", "c"]), ("b", "c"): timelines("b", not_found=["c"])}
    answering = gateway.controller._answer

    async def by_request(name: str, request: Any, context: Any) -> Any:
        if name == "BatchGetTraces":
            gateway.controller.answers[name] = pages[tuple(request.trace_ids)]
        return await answering(name, request, context)

    monkeypatch.setattr(gateway.controller, "_answer", by_request)
    answer = await ask(gateway, "{ traces { timeline { offsetMs tokenCount } } }")
    assert [one["timeline"] for one in answer.json()["data"]["traces"]] == [EVENTS, EVENTS, EVENTS, None]
    assert only_error(answer)["extensions"]["error_code"] == "TRACE_NOT_FOUND"


async def test_a_trace_or_run_that_is_gone_meanwhile_costs_nothing_but_itself(gateway):
    gateway.controller.answers["ListTraces"] = traces("a")
    gateway.controller.answers["BatchGetTraces"] = timelines(not_found=["a"])
    gateway.controller.answers["BatchGetRuns"] = run_pb2.BatchGetRunsResponse(not_found=["run-0"])
    answer = await ask(gateway, "{ traces { id run { runId } timeline { offsetMs } } }")
    assert answer.json()["data"] == {"traces": [{"id": "a", "run": None, "timeline": None}]}
    found = {error["path"][-1]: error["extensions"]["error_code"] for error in answer.json()["errors"]}
    assert found == {"run": "RUN_NOT_FOUND", "timeline": "TRACE_NOT_FOUND"}


async def test_a_caller_without_a_permission_is_refused_what_goes_with_each_trace(gateway):
    gateway.controller.answers["ListTraces"] = traces("a", "b")
    gateway.controller.answers["BatchGetRuns"] = LoadcellError("INSUFFICIENT_PERMISSIONS", "no")
    answer = await ask(gateway, "{ traces { id run { runId model } } }")
    assert answer.json()["data"] == {"traces": [{"id": name, "run": None} for name in "ab"]}
    reasons = [error["extensions"]["error_code"] for error in answer.json()["errors"]]
    assert reasons == ["INSUFFICIENT_PERMISSIONS"] * 2


async def test_a_document_that_is_not_known_is_read_for_callers_who_are_let_in_only(gateway, monkeypatch):
    read: list[str] = []
    reading = Documents.read
    monkeypatch.setattr(Documents, "read", lambda kept, text: read.append(text) or reading(kept, text))
    for wrong in ("{ thisIsUnknown }", "{", "{ traces { id } } # unknown"):
        for reason, status in (
            ("INVALID_API_KEY", 401),
            ("RATE_LIMIT_EXCEEDED", 429),
            ("SERVICE_UNAVAILABLE", 503),
        ):
            gateway.controller.answers["GetCaller"] = LoadcellError(reason, "no")
            refused = await ask(gateway, wrong)
            assert (refused.status_code, only_error(refused)["extensions"]["error_code"]) == (status, reason)
    assert (read, asked(gateway)) == ([], [])
    assert {call.metadata["x-graphql-query"] for call in gateway.controller.calls} == {"1"}
    assert {call.metadata["x-api-key"] for call in gateway.controller.calls} == {"k"}


async def test_who_shows_no_credential_is_let_in_where_runs_are_public(gateway):
    nobody = LoadcellError("MISSING_AUTHORIZATION", "no")
    gateway.controller.answers.update(GetCaller=nobody, ListRuns=nobody)
    document = {"query": "{ alone: runs { runId } }"}
    refused = await gateway.http.post("/graphql", json=document)
    assert (refused.status_code, only_error(refused)["extensions"]["category"]) == (401, "AUTHENTICATION")
    gateway.controller.answers["ListRuns"] = run_pb2.ListRunsResponse()
    assert (await gateway.http.post("/graphql", json=document)).json() == {"data": {"alone": []}}
    assert [call.request.limit for call in asked(gateway)] == [1, 1, 50]


async def test_a_document_that_is_known_takes_no_call_more(gateway):
    gateway.controller.answers["ListModels"] = model_pb2.ListModelsResponse()
    for document in ("{ again: models { id } }", "{ again: models { nope } }"):
        first = await ask(gateway, document)
        gateway.controller.calls.clear()
        gateway.controller.answers["GetCaller"] = LoadcellError("INVALID_API_KEY", "no")
        again = await ask(gateway, document)
        assert (again.status_code, again.json().keys()) == (first.status_code, first.json().keys())
        assert [call.method for call in gateway.controller.calls] == ["ListModels"] * (first.status_code == 200)
        gateway.controller.answers["GetCaller"] = auth_pb2.GetCallerResponse()


async def test_queries_of_a_document_are_answered_together_but_not_all_at_once(gateway):
    gateway.controller.answers["ListModels"] = model_pb2.ListModelsResponse(data=[model_pb2.Model(id="m")])
    document = "{ " + " ".join(f"a{n}: models {{ id requestCount }}" for n in range(10)) + " }"
    await ask(gateway, document)
    gateway.controller.calls.clear()
    gateway.controller.most_at_once, gateway.controller.together = 0, 8
    answer = await ask(gateway, document)
    assert answer.json()["data"] == {f"a{n}": [{"id": "m", "requestCount": 0}] for n in range(10)}
    assert (len(gateway.controller.calls), gateway.controller.most_at_once) == (10, 8)


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


async def test_credentials_are_those_of_the_caller(gateway):
    gateway.controller.answers["ListTraces"] = traces()
    await ask(
        gateway, "{ traces { id } }", {"X-API-Key": "k", "Authorization": "Bearer t", "X-Request-ID": "mine"}
    )
    metadata = asked(gateway)[0].metadata
    assert (metadata["x-api-key"], metadata["authorization"], metadata["x-request-id"]) == (
        "k",
        "Bearer t",
        "mine",
    )
    gateway.controller.calls.clear()
    await gateway.http.post("/graphql", json={"query": "{ traces { id } }"})
    assert "x-api-key" not in asked(gateway)[0].metadata


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


async def test_a_document_that_takes_too_long_is_given_up(gateway_with):
    async with gateway_with(graphql=replace(DEFAULTS, graphql_timeout_seconds=1)) as gateway:
        gateway.controller.answers["ListTraces"] = traces()
        gateway.controller.delay_seconds = 60
        answer = await ask(gateway, "{ traces { id } }")
        assert (answer.status_code, only_error(answer)["extensions"]["error_code"]) == (504, "REQUEST_TIMEOUT")
        gateway.controller.delay_seconds = 0
        assert (await ask(gateway, "{ traces { id } }")).status_code == 200


async def test_documents_of_many_callers_are_kept_apart(gateway):
    gateway.controller.answers["ListTraces"] = traces("a")
    gateway.controller.delay_seconds = 0.01
    answers = await asyncio.gather(
        *(
            ask(gateway, "query ($n: Int) { traces(limit: $n) { id } }", {"X-API-Key": f"k{n}"}, n=n)
            for n in range(1, 20)
        )
    )
    assert {answer.status_code for answer in answers} == {200}
    found = {(call.metadata["x-api-key"], call.request.limit) for call in asked(gateway)}
    assert found == {(f"k{n}", n) for n in range(1, 20)}
