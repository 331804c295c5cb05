"""The progress of a run over a WebSocket, from a real controller with an agent that makes its samples up."""

from __future__ import annotations

import asyncio

import pytest

from loadcell.v1 import agent_pb2, run_pb2
from tests.integration.live.conftest import closed, heard, heard_until

State = agent_pb2.LeaseState
UNKNOWN = "01234567-89ab-7def-8123-456789abcdef"


async def held_run(controller) -> tuple[object, str, str]:
    """A run of which some requests are done, with its agent and its lease."""
    agent = await controller.agent(complete=False)
    run_id = await controller.create(concurrency=[2], num_prompts=10)
    await agent.until(lambda: agent.starts)
    (lease_id,) = agent.starts
    return agent, run_id, lease_id


async def finish(agent, lease_id: str, last: int) -> None:
    await agent.finish(lease_id, last)


@pytest.mark.parametrize("path", ["/api/v1/benchmark/ws/run/{}", "/ws/benchmark/{}"])
async def test_a_run_is_told_of_from_its_snapshot_to_its_end(controller, live_gateway, path):
    gateway = await live_gateway(controller)
    agent, run_id, lease_id = await held_run(controller)
    await agent.deliver(lease_id, ordinals=[0, 1, 2, 3])
    async with gateway.socket(path.format(run_id)) as socket:
        async with asyncio.timeout(30):
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
