"""The protocol of events over WebSockets, with events of a real controller."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from gateway.live.session import MOST
from loadcell.v1 import run_pb2
from tests.integration.live.conftest import closed, heard, heard_until

pytestmark = pytest.mark.asyncio(loop_scope="module")


@asynccontextmanager
async def opened(world, path: str = "/ws", key: str = ""):
    async with world.gateway.socket(path, headers={"X-API-Key": key} if key else world.boss) as socket:
        yield socket


async def say(socket, **message) -> dict:
    """Say something and return the answer; events may come before it."""
    await socket.send(json.dumps(message))
    while (answer := await heard(socket))["type"] == "event":
        pass
    return answer


@pytest.mark.parametrize("path", ["/api/v1/ws", "/ws", "/api/v1/stream"])
async def test_who_subscribes_is_told(world, path):
    async with opened(world, path) as socket:
        answer = await say(socket, type="subscribe", events=["run_state"], filters={"project_id": "alpha"})
        assert (answer["type"], answer["events"]) == ("subscribed", ["run_state"])
        assert answer["subscription_id"]
        await world.controller.create(project_id="beta")
        run_id = await world.controller.create(project_id="alpha")
        event = await heard(socket)
        assert (event["type"], event["event_type"]) == ("event", "run_state")
        assert (event["data"]["run_id"], event["data"]["project_id"]) == (run_id, "alpha")
        assert event["sequence"] > answer["sequence"]
        assert event["timestamp"].endswith("Z")


async def test_what_two_subscriptions_want_is_told_once(world):
    async with opened(world) as socket:
        for filters in ({}, {"project_id": "alpha"}):
            await say(socket, type="subscribe", events=["run_state"], filters=filters)
        runs = [await world.controller.create(project_id=project) for project in ("alpha", "beta", "alpha")]
        found = []
        while len(set(found)) < len(runs):
            found.append((await heard(socket))["data"]["run_id"])
        await socket.send("ping")
        found += [one["data"]["run_id"] for one in (await heard_until(socket, "pong"))[:-1]]
        assert sorted(found) == sorted(runs)


async def test_unsubscribing_takes_away_what_it_names_and_nothing_else(world):
    async with opened(world) as socket:
        first = await say(socket, type="subscribe", events=["run_state", "system_alert"])
        second = await say(socket, type="subscribe", events=["export_job_status"])
        answer = await say(socket, type="unsubscribe", events=["system_alert", "trace_created"])
        assert answer == {"type": "unsubscribed", "events": ["system_alert"]}
        answer = await say(socket, type="unsubscribe", subscription_id=second["subscription_id"])
        assert answer == {"type": "unsubscribed", "events": ["export_job_status"]}
        run_id = await world.controller.create()
        assert (await heard(socket))["data"]["run_id"] == run_id
        answer = await say(socket, type="unsubscribe", events=["run_state"])
        assert answer == {"type": "unsubscribed", "events": ["run_state"]}
        gone = await say(socket, type="unsubscribe", subscription_id=first["subscription_id"])
        assert (gone["type"], gone["field"]) == ("error", "subscription_id")
        assert not world.gateway.live.events._feeds


@pytest.mark.parametrize(
    ("message", "code", "field"),
    [
        ({"type": "subscribe"}, "MISSING_REQUIRED_FIELD", "events"),
        ({"type": "subscribe", "events": ["unknown"]}, "INVALID_FIELD_VALUE", "events"),
        ({"type": "subscribe", "events": ["run_state"] * 33}, "LIMIT_EXCEEDED", "events"),
        ({"type": "subscribe", "events": ["run_state"], "filters": {"x": 1}}, "UNKNOWN_FIELD", "filters.x"),
        ({"type": "subscribe", "events": ["run_state"], "after_sequence": 10**15}, "INVALID_FIELD_VALUE", None),
        ({"type": "unsubscribe"}, "MISSING_REQUIRED_FIELD", "events"),
        ({"type": "unsubscribe", "events": "run_state"}, "INVALID_FIELD_FORMAT", "events"),
        ({"type": "unsubscribe", "events": [], "more": 1}, "UNKNOWN_FIELD", "more"),
        ({"type": "dance"}, "INVALID_FIELD_VALUE", "type"),
    ],
)
async def test_what_is_wrong_with_a_message_is_said_and_the_connection_goes_on(world, message, code, field):
    async with opened(world) as socket:
        answer = await say(socket, **message)
        assert (answer["type"], answer["code"]) == ("error", code)
        assert field is None or answer["field"] == field
        assert await say(socket, type="ping") == {"type": "pong"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"type": "dance", "type": "ping"}', "[" * 101 + "]" * 101])
async def test_what_is_no_message_is_said_and_the_connection_goes_on(world, text):
    async with opened(world) as socket:
        await socket.send(text)
        answer = await heard(socket)
        assert (answer["type"], answer["code"]) == ("error", "INVALID_REQUEST")
        assert answer["message"].startswith("the message")
        assert await say(socket, type="ping") == {"type": "pong"}


async def test_subscriptions_have_a_limit(world):
    async with opened(world) as socket:
        kinds = [await say(socket, type="subscribe", events=["run_state"]) for _ in range(MOST + 1)]
        assert [one["type"] for one in kinds] == ["subscribed"] * MOST + ["error"]
        assert kinds[-1]["code"] == "LIMIT_EXCEEDED"


async def test_equal_wishes_with_equal_rights_share_a_stream(world):
    async with opened(world) as one, opened(world) as two:
        for socket in (one, two):
            await say(socket, type="subscribe", events=["run_state"])
        assert len(world.gateway.live.events._feeds) == 1
        run_id = await world.controller.create()
        for socket in (one, two):
            assert (await heard(socket))["data"]["run_id"] == run_id


async def test_who_comes_back_goes_on_where_they_were(world):
    async with opened(world) as socket:
        sequence = (await say(socket, type="subscribe", events=["run_state"]))["sequence"]
    runs = [await world.controller.create() for _ in range(3)]
    async with opened(world) as socket:
        await say(socket, type="subscribe", events=["run_state"], after_sequence=sequence)
        assert [(await heard(socket))["data"]["run_id"] for _ in runs] == runs


async def test_nobody_hears_of_what_they_may_not_see(world):
    client = await world.client()
    made = await client.create_api_key("beta", role="viewer", projects=["beta"])
    async with opened(world, key=made.key) as socket:
        assert (await say(socket, type="subscribe", events=["run_state"]))["type"] == "subscribed"
        refused = await say(socket, type="subscribe", events=["run_state"], filters={"project_id": "alpha"})
        assert (refused["type"], refused["code"]) == ("error", "PROJECT_ACCESS_DENIED")
        refused = await say(socket, type="subscribe", events=["run_state", "export_job_status"])
        assert (refused["type"], refused["code"]) == ("error", "INSUFFICIENT_PERMISSIONS")
        assert "exports:read" in refused["message"]
        await world.controller.create(project_id="alpha")
        run_id = await world.controller.create(project_id="beta")
        assert (await heard(socket))["data"]["run_id"] == run_id
        await client.revoke_api_key(made.details.key_id)
        messages, code, reason = await closed(socket)
        assert (messages[-1]["code"], code, reason) == ("INVALID_API_KEY", 4401, "INVALID_API_KEY")


async def test_events_outlast_the_tickets_that_opened_them(world):
    """One stream serves all tickets of a credential; when that of the first goes, the others go on."""
    first, second = [
        await world.gateway.stack.enter_async_context(world.gateway.socket(f"/ws?ticket={await world.ticket()}"))
        for _ in range(2)
    ]
    for socket in (first, second):
        await say(socket, type="subscribe", events=["run_state"])
    assert len(world.gateway.live.events._feeds) == 1
    await first.close()
    runs = []
    for _ in range(8):  # before the controller notices, meanwhile and afterwards: within a second
        runs.append(await world.controller.create())
        await asyncio.sleep(0.2)
    assert [(await heard(second))["data"]["run_id"] for _ in runs] == runs
    await second.close()


async def test_an_event_of_a_run_that_ends_is_told(world):
    async with opened(world) as socket:
        await say(socket, type="subscribe", events=["run_state"])
        run_id = await world.controller.create()
        await world.controller.runs.CancelRun(run_pb2.CancelRunRequest(run_id=run_id))
        seen = []
        while not seen or seen[-1]["status"] != "cancelled":
            seen.append((await heard(socket))["data"])
        assert {one["run_id"] for one in seen} == {run_id}
