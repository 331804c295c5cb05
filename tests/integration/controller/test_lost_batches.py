"""An agent whose spool was damaged: the batch is lost, its lease is not."""

import asyncio
import zlib

import pytest
from lease_ledger import read_ledger
from scripted_agent import columns

from loadcell.v1 import agent_pb2, fleet_pb2, run_pb2
from tests.patience import PATIENCE_SECONDS


async def damaged(controller, **fields: object):
    """An agent with a run of which the second of three batches was lost, and the lease."""
    agent = await controller.agent(complete=False)
    run_id = await controller.create(**fields)
    lease = f"{run_id}.0.0"
    await agent.until(lambda: lease in agent.starts)
    await agent.send(lease, 1, columns(list(range(10))))
    await agent.samples.write(
        agent_pb2.StreamSamplesRequest(agent_id="agent-1", lease_id=lease, batch_number=2, crc32=zlib.crc32(b""))
    )
    await agent.send(lease, 3, columns(list(range(20, 30))))
    await agent.until(lambda: len(agent.acks) == 3)
    assert [(ack.committed_batch_number, ack.refused_reason) for ack in agent.acks] == [(1, ""), (2, ""), (3, "")]
    agent.delivered[lease] = 3
    return agent, run_id, lease


@pytest.mark.parametrize(
    "fields",
    [
        {"concurrency": [2], "num_prompts": 30},
        {"rate": [100], "num_prompts": 30},
        {"concurrency": [2], "duration_seconds": 30.0},
    ],
)
async def test_an_empty_batch_takes_the_place_of_a_lost_one_and_the_run_says_so(controller, fields):
    agent, run_id, lease = await damaged(controller, **fields)
    await agent.finish(lease, last=3)
    assert (await controller.ended(run_id)).status == "completed"
    result = await controller.result(run_id)
    assert [note for note in result.notes if "samples are missing" in note]
    level = result.results[0]
    assert (level.successful_requests, level.censored_requests, level.unexecuted_requests) == (20, 10, 0)
    ledger = read_ledger(controller.database, run_id)
    assert ledger.balances(30)
    assert ledger.censored == list(range(10, 20))


async def test_a_lost_batch_of_a_cancelled_run_is_in_its_books(controller):
    _, run_id, _ = await damaged(controller, num_prompts=100)
    await controller.runs.CancelRun(run_pb2.CancelRunRequest(run_id=run_id))
    assert (await controller.ended(run_id)).status == "cancelled"
    assert read_ledger(controller.database, run_id).censored == list(range(10, 20))
    level = (await controller.result(run_id, partial=True)).results[0]
    assert (level.total_requests, level.censored_requests, level.unexecuted_requests) == (30, 10, 70)


async def test_a_lost_batch_of_one_agent_leaves_the_share_of_the_other_alone(controller):
    agents = [await controller.agent(f"agent-{n}", complete=False) for n in (1, 2)]
    run_id = await controller.create(concurrency=[2], num_prompts=30, agent_count=2)
    first, second = f"{run_id}.0.0", f"{run_id}.0.1"
    await agents[0].until(lambda: first in agents[0].starts)
    await agents[0].send(first, 1, columns(list(range(0, 20, 2))))
    await agents[0].samples.write(
        agent_pb2.StreamSamplesRequest(agent_id="agent-1", lease_id=first, batch_number=2, crc32=zlib.crc32(b""))
    )
    await agents[0].finish(first, last=2)
    await agents[1].until(lambda: second in agents[1].starts)
    await agents[1].finish(second, await agents[1].deliver(second))
    assert (await controller.ended(run_id)).status == "completed"
    ledger = read_ledger(controller.database, run_id)
    assert ledger.balances(30)
    assert ledger.censored == [20, 22, 24, 26, 28]


async def test_the_list_of_agents_says_what_each_still_has_to_deliver(controller):
    agent = await controller.agent(heartbeat_seconds=60)
    beat = agent_pb2.Heartbeat(sequence=1, uplink_memory_bytes=5, uplink_spool_bytes=70)
    shown = fleet_pb2.Agent()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not shown.uplink_bytes:
            await agent.session.write(agent_pb2.SessionRequest(heartbeat=beat))
            (shown,) = (await controller.fleet.ListAgents(fleet_pb2.ListAgentsRequest())).agents
    assert shown.uplink_bytes == 75
