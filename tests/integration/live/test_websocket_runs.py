"""The progress of a run over a WebSocket, from a real controller with an agent that makes its samples up."""

from __future__ import annotations

import asyncio
import json
import ssl
from contextlib import AsyncExitStack

import pytest
import trustme
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from controller.server import serve
from controller.settings import ControllerSettings
from gateway.live import rights
from loadcell.client import Client
from loadcell.settings import Address, Secret
from loadcell.v1 import run_pb2
from tests.free_ports import free_port
from tests.integration.live.conftest import closed, heard, heard_until, serve_live
from tests.patience import PATIENCE_SECONDS

BOSS = Secret("the key of the settings")


async def ended_run(controller) -> str:
    """A run that was cancelled before any agent came."""
    run_id = await controller.create()
    await controller.runs.CancelRun(run_pb2.CancelRunRequest(run_id=run_id))
    await controller.ended(run_id)
    return run_id


async def held_run(controller) -> tuple[object, str, str]:
    """A run of which some requests are done, with its agent and its lease."""
    agent = await controller.agent(complete=False)
    run_id = await controller.create(concurrency=[2], num_prompts=10)
    await agent.until(lambda: agent.starts)
    (lease_id,) = agent.starts
    return agent, run_id, lease_id


@pytest.mark.parametrize("path", ["/api/v1/benchmark/ws/run/{}", "/ws/benchmark/{}"])
async def test_a_run_is_told_of_from_its_snapshot_to_its_end(controller, live_gateway, path):
    gateway = await live_gateway(controller)
    agent, run_id, lease_id = await held_run(controller)
    await agent.deliver(lease_id, ordinals=[0, 1, 2, 3])
    async with gateway.socket(path.format(run_id)) as socket:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (first := await heard(socket))["progress"]["current"] < 4:
                pass
        assert first["type"] == "progress"
        assert (first["run_id"], first["status"]) == (run_id, "running")
        assert first["progress"] == {"current": 4, "total": 10, "percent": 40.0}
        assert first["concurrency"] == {"level": 2, "index": 0, "total": 1}
        assert first["overall_percent"] == 40.0
        metrics = first["metrics"]
        assert (metrics["concurrency"], metrics["completed"], metrics["success_count"]) == (2, 4, 4)
        assert metrics["ttft_avg"] == pytest.approx(1.0, rel=0.01)
        assert metrics["throughput_current"] > 0
        last = await agent.deliver(lease_id, ordinals=[4, 5, 6, 7, 8, 9])
        await agent.finish(lease_id, last)
        messages = [first, *await heard_until(socket, "completed")]
        logs = [message["request_log"] for message in messages if "request_log" in message]
        assert logs
        assert {"status": "completed", "success": True, "output_tokens": 11}.items() <= logs[-1].items()
        end = {"type": "completed", "run_id": run_id, "status": "completed", "summary": {"status": "completed"}}
        assert messages[-1] == end
        assert messages[-2]["progress"] == {"current": 10, "total": 10, "percent": 100.0}
        assert (await closed(socket))[1] == 1000
    async with gateway.socket(path.format(run_id)) as socket:
        assert await closed(socket) == ([end], 1000, "")


async def test_the_open_mode_is_for_this_machine_only(controller, live_gateway, caplog):
    gateway, run_id = await live_gateway(controller, guarded=True), await ended_run(controller)
    for path in (f"/ws/benchmark/{run_id}", "/ws"):
        for called, origin in (("attacker.example", None), ("127.0.0.1", "https://attacker.example")):
            with pytest.raises(InvalidStatus) as refused:
                await gateway.socket(path, called=called, origin=origin)
            assert refused.value.response.status_code == 403
            assert json.loads(refused.value.response.body)["error"]["error_code"] == "FOREIGN_ORIGIN"
    assert [one.message for one in caplog.records if one.levelname == "ERROR"] == []
    async with gateway.run_socket(run_id) as socket:
        assert (await closed(socket))[1] == 1000


async def test_over_tls(controller, live_gateway):
    authority, client, server = trustme.CA(), ssl.create_default_context(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    gateway, run_id = await live_gateway(controller, tls=server), await ended_run(controller)
    async with connect(f"wss://{gateway.address}/ws/benchmark/{run_id}", ssl=client, proxy=None) as socket:
        assert (await closed(socket))[1] == 1000


async def test_a_run_that_was_cancelled_says_so(controller, live_gateway):
    gateway, run_id = await live_gateway(controller), await ended_run(controller)
    async with gateway.run_socket(run_id) as socket:
        messages, code, _ = await closed(socket)
    wanted = {"type": "failed", "run_id": run_id, "status": "cancelled", "error": "the run was cancelled"}
    assert (messages, code) == ([wanted], 1000)


async def test_a_run_that_waits_is_told_of_at_once(controller, live_gateway):
    gateway, run_id = await live_gateway(controller), await controller.create(concurrency=[1, 2])
    async with gateway.run_socket(run_id) as socket:
        snapshot = await heard(socket)
    assert (snapshot["status"], snapshot["progress"]["current"]) == ("pending", 0)
    assert snapshot["concurrency"] == {"level": None, "index": 0, "total": 2}
    assert not {"metrics", "request_log"} & snapshot.keys()


async def test_all_who_watch_a_run_share_one_stream_of_the_controller(controller, live_gateway):
    gateway, run_id = await live_gateway(controller), await controller.create()
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(gateway.run_socket(run_id)) for _ in range(12)]
        first = [await heard(socket) for socket in sockets]
        assert {message["type"] for message in first} == {"progress"}
        assert sum(line.streams for line in gateway.lines._lines) == 1
        await controller.runs.CancelRun(run_pb2.CancelRunRequest(run_id=run_id))
        for socket in sockets:
            messages, code, _ = await closed(socket)
            assert (messages[-1]["status"], code) == ("cancelled", 1000)
    assert not list(gateway.live.runs.counts())


async def test_a_run_that_is_deleted_ends_so(controller, live_gateway):
    gateway, run_id = await live_gateway(controller), await controller.create()
    async with gateway.run_socket(run_id) as socket:
        await heard(socket)
        await controller.runs.DeleteRun(run_pb2.DeleteRunRequest(run_id=run_id))
        messages, code, reason = await closed(socket)
    assert messages[-1]["type"] in ("error", "failed")
    assert (code, reason) in {(4409, "RUN_DELETED"), (1000, "")}


async def test_the_end_of_one_credential_ends_its_connections_and_no_others(start, live_gateway, monkeypatch):
    monkeypatch.setattr(rights, "EVERY_SECONDS", 0.2)
    controller = await start(api_key=BOSS)
    gateway, run_id = await live_gateway(controller), await controller.create()
    async with Client(controller.address, api_key=BOSS) as boss, AsyncExitStack() as stack:
        made = [await boss.create_api_key(name, role="viewer", projects=["default"]) for name in ("a", "b", "c")]
        ticket = (
            await gateway.http.post("/api/v1/auth/ticket", json={}, headers={"X-API-Key": made[2].key})
        ).json()

        async def watching(query: str = "", **more):
            socket = await stack.enter_async_context(gateway.socket(f"/ws/benchmark/{run_id}{query}", **more))
            assert (await heard(socket))["type"] == "progress"
            return socket

        # The stream goes on with the credential of the first, which is the first to go.
        first, second = [await watching(headers={"X-API-Key": one.key}) for one in made[:2]]
        by_ticket = await watching(f"?ticket={ticket['ticket']}")
        left = await watching(headers={"X-API-Key": BOSS.reveal()})
        for ending, key in ((first, made[0]), (by_ticket, made[2]), (second, made[1])):
            await boss.revoke_api_key(key.details.key_id)
            messages, code, reason = await closed(ending)
            assert (code, messages[-1]["code"]) == (4401, reason)
            assert reason in ("INVALID_API_KEY", "INVALID_TOKEN")
        await controller.runs.CancelRun(run_pb2.CancelRunRequest(run_id=run_id))
        assert (await closed(left))[1] == 1000


async def test_a_gateway_that_stops_says_so(controller, live_gateway):
    gateway, run_id = await live_gateway(controller), await controller.create()
    async with gateway.run_socket(run_id) as watching, gateway.socket("/ws") as idle:
        await heard(watching)
        await idle.send("ping")
        await heard(idle)
        gateway.live.stop()
        assert [(await closed(socket))[1] for socket in (watching, idle)] == [1001, 1001]
        async with gateway.socket("/ws") as late:
            assert (await closed(late))[1] == 1001


async def test_who_watches_stays_while_a_controller_is_started_anew(tmp_path):
    settings = ControllerSettings(grpc=Address("127.0.0.1", free_port()), database=tmp_path / "loadcell.db")
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(AsyncExitStack())
        await first.enter_async_context(serve(settings))
        async with Client(str(settings.grpc)) as client, serve_live(str(settings.grpc)) as gateway:
            run = await client.create_run(server_url="http://127.0.0.1:9", model="m")
            async with gateway.run_socket(run.run_id) as socket, gateway.socket("/ws") as events:
                assert (await heard(socket))["status"] == "pending"
                await events.send(json.dumps({"type": "subscribe", "events": ["run_state"]}))
                assert (await heard(events))["type"] == "subscribed"
                await first.aclose()
                await stack.enter_async_context(serve(settings))
                await client.cancel_run(run)
                assert (await closed(socket))[1] == 1000
                while (await heard(events))["data"]["status"] != "cancelled":
                    pass
