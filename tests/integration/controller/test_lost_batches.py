"""An agent whose spool was damaged: the batch is lost, its lease is not."""

import asyncio
import zlib

from scripted_agent import columns

from loadcell.v1 import agent_pb2, fleet_pb2


async def test_an_empty_batch_takes_the_place_of_a_lost_one_and_the_run_says_so(controller):
    agent = await controller.agent(complete=False)
    run_id = await controller.create(num_prompts=30)
    lease = f"{run_id}.0.0"
    await agent.until(lambda: lease in agent.starts)
    await agent.send(lease, 1, columns(list(range(10))))
    await agent.samples.write(
        agent_pb2.StreamSamplesRequest(agent_id="agent-1", lease_id=lease, batch_number=2, crc32=zlib.crc32(b""))
    )
    await agent.send(lease, 3, columns(list(range(20, 30))))
    await agent.until(lambda: len(agent.acks) == 3)
    assert [(ack.committed_batch_number, ack.refused_reason) for ack in agent.acks] == [(1, ""), (2, ""), (3, "")]
    await agent.finish(lease, last=3)
    await controller.ended(run_id)
    result = await controller.result(run_id)
    assert [note for note in result.notes if "samples are missing" in note]
    assert result.results[0].successful_requests == 20


async def test_the_list_of_agents_says_what_each_still_has_to_deliver(controller):
    agent = await controller.agent(heartbeat_seconds=60)
    beat = agent_pb2.Heartbeat(sequence=1, uplink_memory_bytes=5, uplink_spool_bytes=70)
    shown = fleet_pb2.Agent()
    async with asyncio.timeout(20):
        while not shown.uplink_bytes:
            await agent.session.write(agent_pb2.SessionRequest(heartbeat=beat))
            (shown,) = (await controller.fleet.ListAgents(fleet_pb2.ListAgentsRequest())).agents
    assert shown.uplink_bytes == 75
