"""GraphQL: what a document is answered with, and what the controller is asked for it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from graphql_asking import ask, asked, only_error, traces

from gateway.graphql.documents import Documents
from gateway.graphql.settings import DEFAULTS
from loadcell.errors import LoadcellError
from loadcell.v1 import auth_pb2, model_pb2, run_pb2, trace_pb2

pytestmark = pytest.mark.asyncio(loop_scope="module")


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
