"""Analyses over HTTP: events as they were documented, or one document."""

from __future__ import annotations

import asyncio
import json

import pytest

from loadcell.mockserver import Behavior
from tests.integration.analysis.conftest import MODEL, TOKENS
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="module")
PATH = "/api/v1/benchmark/result/{}/analysis"


def events(text: str) -> list:
    """The data of the events, as a client of the older system reads them."""
    lines = [line for line in text.split("\n") if line.startswith("data: ")]
    assert lines[-1] == "data: [DONE]"
    assert all(one.startswith(("data: ", ":")) for one in text.removesuffix("\n\n").split("\n\n"))
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]


async def test_rules_as_events(world):
    answer = await world.http.get(PATH.format("done"))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert (answer.headers["cache-control"], answer.headers["x-accel-buffering"]) == ("private, no-cache", "no")
    told = events(answer.text)
    assert all(list(one) == ["content"] for one in told)
    assert "".join(one["content"] for one in told).startswith("## Overview\n")
    assert answer.text.count("[DONE]") == 1


async def test_a_model_that_thinks_as_events(world):
    world.model.behavior = Behavior(reasoning_tokens=10)
    answer = await world.http.get(PATH.format("done"), params={"mode": "llm", "refresh": "true"})
    told = events(answer.text)
    assert told[:2] == [{"thinking": True}, {"thinking": False}]
    assert len("".join(one["content"] for one in told[2:]).split()) == TOKENS - 10


async def test_an_error_on_the_way_is_an_event_and_the_end_is_told(world):
    world.model.behavior = Behavior(server_error_rate=1.0)
    answer = await world.http.get(PATH.format("other"), params={"mode": "LLM", "language": "ko"})
    assert answer.status_code == 200
    assert events(answer.text) == [{"error": "the analysis server gave no analysis: it answered with status 500"}]
    whole = await world.http.get(
        PATH.format("other"), params={"mode": "llm"}, headers={"Accept": "application/json"}
    )
    assert (whole.status_code, whole.json()["error"]["error_code"]) == (503, "ANALYSIS_FAILED")


async def test_as_one_document(world):
    accept = {"Accept": "application/json"}
    document = (await world.http.get(PATH.format("done"), params={"language": "ko"}, headers=accept)).json()
    assert (document["run_id"], document["mode"], document["language"]) == ("done", "rules", "ko")
    assert document["text"].startswith("## 개요\n")
    assert document["findings"][0]["code"] == "OVERVIEW"
    assert document["findings"][0]["numbers"]["requests"] == 4000
    assert "created_at" not in document
    by_model = await world.http.get(PATH.format("done"), params={"mode": "llm"}, headers=accept)
    assert (by_model.json()["mode"], by_model.json()["model"]) == ("llm", MODEL)
    assert by_model.json()["created_at"].endswith("Z")


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "text/event-stream"),
        ("*/*", "text/event-stream"),
        ("text/event-stream", "text/event-stream"),
        ("application/json, text/event-stream", "text/event-stream"),
        ("application/json, text/plain, */*", "application/json"),
        ("application/json;q=0, */*", "text/event-stream"),
    ],
)
async def test_what_is_accepted_decides(world, accept, media_type):
    for method in ("GET", "HEAD"):
        answer = await world.http.request(method, PATH.format("done"), headers={"Accept": accept})
        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] == media_type
        assert {"Accept", "Authorization", "X-API-Key"} <= set(answer.headers["vary"].split(", "))
        assert answer.headers["cache-control"] == "private, no-cache"
        assert bool(answer.content) == (method == "GET")
        assert answer.headers.get("content-length") != "0"


@pytest.mark.parametrize(
    ("run_id", "query", "status", "detail"),
    [
        ("nothing", "", 404, "Run not found"),
        ("pending", "", 404, "Result not found"),
        ("running", "", 202, "Benchmark still running"),
        ("failed", "", 500, "Benchmark failed"),
        ("failed", "mode=llm", 500, "Benchmark failed"),
        ("done", "language=zh", 400, "language 'zh' must be one of en, ko"),
        ("done", "mode=magic", 400, None),
        ("done", "refresh=perhaps", 400, None),
        ("done", "server_url=http://other:1", 400, None),
        ("done", "run_id=other", 400, None),
        ("done", "surprise=1", 400, None),
    ],
)
async def test_what_is_wrong_has_its_status_before_the_stream_begins(world, run_id, query, status, detail):
    for accept in ("text/event-stream", "application/json"):
        answer = await world.http.get(f"{PATH.format(run_id)}?{query}", headers={"Accept": accept})
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/json"
        assert detail in {None, answer.json()["detail"]}


async def test_other_verbs_and_types(world):
    refused = await world.http.post(PATH.format("done"), json={})
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    other = await world.http.get(PATH.format("done"), headers={"Accept": "image/png"})
    assert (other.status_code, other.json()["error"]["error_code"]) == (406, "NOT_ACCEPTABLE")
    viewer = {"X-API-Key": world.keys["viewer"]}
    denied = await world.http.get(PATH.format("done"), params={"mode": "llm", "refresh": 1}, headers=viewer)
    assert denied.status_code == 403
    stranger = await world.http.get(PATH.format("done"), headers={"X-API-Key": "wrong"})
    assert stranger.status_code == 401


async def test_HEAD_has_no_model_make_one(world):
    before = world.model.requests
    viewer = {"X-API-Key": world.keys["viewer"]}  # who may not have one made
    for query in ({"mode": "llm", "refresh": 1}, {"model": MODEL, "refresh": 1}):
        for headers in (viewer, {}):
            answer = await world.http.head(PATH.format("done"), params=query, headers=headers)
            assert answer.status_code == 200
    assert (await world.http.head(PATH.format("done"), params={"mode": "7"})).status_code == 400
    assert world.model.requests == before


async def test_a_client_that_leaves_ends_what_is_made_for_it(world):
    world.model.behavior = Behavior(ttft_ms=3_600_000)
    async with asyncio.timeout(PATIENCE_SECONDS):
        async with world.http.stream("GET", PATH.format("other"), params={"mode": "llm"}) as answer:
            told = answer.aiter_text()  # whoever forgets it has left
            assert (await anext(told)).startswith(":")
            while not world.model.open_connections:
                await asyncio.sleep(0.01)
        while world.model.open_connections:
            await asyncio.sleep(0.01)
