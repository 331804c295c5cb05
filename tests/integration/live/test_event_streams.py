"""The same as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gateway.live import sse
from loadcell.v1 import run_pb2
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVENTS = "/api/v1/events"


def of_run(run_id: str) -> str:
    return f"/api/v1/benchmark/run/{run_id}/events"


@asynccontextmanager
async def stream(world, path: str, **more):
    """Open a stream; yields what reads its events."""
    headers = {**world.boss, **more.pop("headers", {})}
    async with world.gateway.http.stream("GET", path, headers=headers, **more) as response:
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        yield events_of(response.aiter_lines())


async def events_of(lines: AsyncIterator[str]) -> AsyncIterator[dict]:
    """Events with their id, name and data; a comment is one of its own."""
    found: dict = {}
    async for line in lines:
        name, _, value = line.partition(": ")
        if line.startswith(":"):
            yield {"comment": line}
        elif line:
            found[name] = json.loads(value) if name == "data" else value
        elif found:
            yield found
            found = {}


async def event(events: AsyncIterator[dict]) -> dict:
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for one in events:
            if "comment" not in one:
                return one
    raise AssertionError("the stream has ended")


async def rest(events: AsyncIterator[dict]) -> list[dict]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return [one async for one in events if "comment" not in one]


async def refused(world, path: str, **more) -> tuple[int, str]:
    answer = await world.gateway.http.get(path, **more)
    return answer.status_code, answer.json()["error"]["error_code"]


async def test_a_run_is_told_of_until_its_end_and_no_further(world):
    run_id = await world.controller.create()
    async with stream(world, of_run(run_id)) as events:
        first = await event(events)
        assert (first["event"], first["data"]["status"]) == ("progress", "pending")
        assert first["id"].isdecimal()
        await world.controller.runs.CancelRun(run_pb2.CancelRunRequest(run_id=run_id))
        last = (await rest(events))[-1]
    assert (last["event"], last["id"], last["data"]["status"]) == ("failed", "end", "cancelled")
    # A browser comes back by itself: who has heard the end is sent away for good.
    for seen, status in (("end", 204), (first["id"], 200)):
        answer = await world.gateway.http.get(of_run(run_id), headers={**world.boss, "Last-Event-ID": seen})
        assert answer.status_code == status
    assert "event: failed" in answer.text


async def test_events_are_told_and_resumed(world):
    query = {"events": "run_state,system_alert", "project_id": "alpha"}
    async with stream(world, EVENTS, params=query) as events:
        await world.controller.create(project_id="beta")
        run_id = await world.controller.create(project_id="alpha")
        first = await event(events)
        assert (first["event"], first["data"]["data"]["run_id"]) == ("run_state", run_id)
        assert first["id"] == str(first["data"]["sequence"])
    runs = [await world.controller.create(project_id="alpha") for _ in range(2)]
    headers = {"Last-Event-ID": first["id"]}
    async with stream(world, EVENTS, params=query, headers=headers) as events:
        assert [(await event(events))["data"]["data"]["run_id"] for _ in runs] == runs
    async with stream(world, EVENTS, params={**query, "last_event_id": first["id"]}) as events:
        assert (await event(events))["data"]["data"]["run_id"] == runs[0]


async def test_silence_is_filled_with_comments(world, monkeypatch):
    monkeypatch.setattr(sse, "HEARTBEAT_SECONDS", 0.05)
    async with stream(world, EVENTS, params={"events": "cost_threshold"}) as events:
        comments = [await anext(events) for _ in range(3)]
    assert [one["comment"] for one in comments] == [": open", ": heartbeat", ": heartbeat"]


async def test_who_may_not_is_told_before_anything_is_sent(world):
    run_id = await world.controller.create()
    for path in (of_run(run_id), f"{EVENTS}?events=run_state"):
        assert await refused(world, path) == (401, "MISSING_AUTHORIZATION")
        assert await refused(world, path, headers={"X-API-Key": "wrong"}) == (401, "INVALID_API_KEY")
    unknown = of_run("01234567-89ab-7def-8123-456789abcdef")
    assert await refused(world, unknown, headers=world.boss) == (404, "RUN_NOT_FOUND")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "MISSING_REQUIRED_FIELD"),
        ("events=unknown", "INVALID_FIELD_VALUE"),
        ("events=run_state&colour=red", "UNKNOWN_FIELD"),
        ("events=run_state&after_sequence=1", "UNKNOWN_FIELD"),
        ("events=run_state&min_cost=much", "INVALID_FIELD_FORMAT"),
        ("events=run_state&last_event_id=-1", "INVALID_FIELD_FORMAT"),
        ("events=run_state&last_event_id=999999999999", "INVALID_FIELD_VALUE"),
        ("events=run_state&token=a", "INVALID_REQUEST"),
    ],
)
async def test_what_is_wrong_with_the_query_is_said(world, query, code):
    assert await refused(world, f"{EVENTS}?{query}", headers=world.boss) == (400, code)


async def test_a_ticket_opens_a_stream_once(world):
    path = f"{EVENTS}?events=run_state&ticket={await world.ticket()}"
    async with world.gateway.http.stream("GET", path) as response:
        assert response.status_code == 200
    assert await refused(world, path) == (401, "INVALID_TOKEN")


async def test_other_verbs(world):
    run_id = await world.controller.create()
    for path in (of_run(run_id), f"{EVENTS}?events=run_state"):
        head = await world.gateway.http.head(path, headers=world.boss)
        assert (head.status_code, head.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert "content-length" not in head.headers
        post = await world.gateway.http.post(path, headers=world.boss, json={})
        assert (post.status_code, {"GET", "HEAD"} - set(post.headers["allow"].split(", "))) == (405, set())


async def test_a_stream_ends_with_the_rights_of_its_caller(world):
    client = await world.client()
    made = await client.create_api_key("gone", role="viewer", projects=["default"])
    query, headers = {"events": "run_state"}, {"X-API-Key": made.key}
    async with stream(world, EVENTS, params=query, headers=headers) as events:
        await client.revoke_api_key(made.details.key_id)
        last = (await rest(events))[-1]
    assert (last["event"], last["data"]["code"]) == ("error", "INVALID_API_KEY")


async def test_who_goes_away_leaves_nothing_behind(world):
    run_id = await world.controller.create()
    for path in (of_run(run_id), f"{EVENTS}?events=run_state"):
        async with stream(world, path):
            pass
    async with asyncio.timeout(PATIENCE_SECONDS):
        while world.gateway.live._open:
            await asyncio.sleep(0.02)
    assert not list(world.gateway.live.runs.counts())
    assert not world.gateway.live.events._feeds
