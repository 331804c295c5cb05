import asyncio

import pytest

from agent.probe import probe_target
from agent.worker.messages import Workload
from loadcell.mockserver.behavior import Behavior
from loadcell.mockserver.server import serve
from loadcell.v1 import target_pb2


async def test_a_probe_that_is_cancelled_while_its_request_is_under_way_lets_go_of_everything():
    async with serve(Behavior(ttft_ms=60_000)) as server:
        target = target_pb2.TargetSpec(
            server_url=server.url, adapter="openai", model="mock-model", stream=True, timeout_micros=60_000_000
        )
        probing = asyncio.create_task(probe_target(target, Workload(16, 1, 0, 1.0, "", "")))
        while not server.requests:
            await asyncio.sleep(0.01)
        probing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await probing
