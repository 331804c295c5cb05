"""All agents of a run are lost in the middle of a level: who is waited for, and for how long."""

from __future__ import annotations

import asyncio

from handing_over import CLOSED, held, lose, running
from lease_ledger import lease_ids, read_ledger

from loadcell.v1 import run_pb2
from tests.patience import PATIENCE_SECONDS


async def test_only_agent_has_no_fence_and_is_waited_for(controller):
    (agent,), run_id, (lease,) = await running(controller, "agent-1", num_prompts=12)
    assert agent.grants[lease].fence_micros == 0
    grants = agent.grants
    await agent.close()
    updates = controller.runs.WatchRun(run_pb2.WatchRunRequest(run_id=run_id))
    async for update in updates:
        if "waiting for agent-1 or another agent to go on" in update.notes:
            break
    updates.cancel()
    again = await controller.agent("agent-1", held=[held(lease)], complete=False)
    again.grants = grants
    await again.finish(lease, await again.deliver(lease))
    assert (await controller.ended(run_id)).status == "completed"
    assert read_ledger(controller.database, run_id).balances(12)
    assert lease_ids(controller.database, run_id) == [lease]


async def test_run_fails_when_nobody_is_left_for_long(start):
    controller = await start(agent_wait_seconds=0.5)
    (first, second), run_id, leases = await running(controller, "agent-1", "agent-2", **CLOSED)
    await lose(first, leases[0], delivered=8)
    await second.close()
    run = await controller.ended(run_id)
    assert run.status == "failed"
    assert "lost, not heard of for 1 s; nobody was there to take over" in run.error
    assert (await controller.result(run_id, partial=True)).results[0].successful_requests == 8


async def test_agents_that_are_all_away_for_a_while_go_on(controller):
    """A network that is cut between the controller and all agents costs none of them its share."""
    agents, run_id, leases = await running(controller, "agent-1", "agent-2", **CLOSED)
    grants = [agent.grants for agent in agents]
    for agent in agents:
        await agent.close()
    run = controller.dispatcher.runs.get(run_id)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not run.unheard:
            await asyncio.sleep(0.02)
    back = [
        await controller.agent(agent.agent_id, held=[held(lease)], complete=False)
        for agent, lease in zip(agents, leases, strict=True)
    ]
    for agent, known, lease in zip(back, grants, leases, strict=True):
        agent.grants = known
        await agent.finish(lease, await agent.deliver(lease))
    assert (await controller.ended(run_id)).status == "completed"
    assert read_ledger(controller.database, run_id).balances(60)


async def test_free_agent_takes_over_when_the_only_one_does_not_come_back(start):
    controller = await start(agent_wait_seconds=0.5)
    (lost,), run_id, (lease,) = await running(controller, "agent-1", num_prompts=20)
    other = await controller.agent("agent-2")
    await lose(lost, lease, delivered=8)
    run = await controller.ended(run_id)
    assert (run.status, list(run.agent_ids)) == ("completed", ["agent-1", "agent-2"])
    assert len(other.grants) == 1
    assert read_ledger(controller.database, run_id).balances(20)
