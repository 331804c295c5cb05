"""Worker processes that are lost in the middle of a level: their part is handed over within the agent."""

from __future__ import annotations

import pytest
from handing_over import CLOSED, committed, finish, lose, running, successor
from lease_ledger import lease_ids, read_ledger
from scripted_agent import State, share

from loadcell.v1 import agent_pb2


@pytest.mark.parametrize("fields", [CLOSED, {"rate": [100], "num_prompts": 60}])
async def test_part_of_a_lost_worker_is_done_by_another(controller, fields):
    (agent,), run_id, (lease,) = await running(controller, "agent-1", **fields)
    grant = agent.grants[lease]
    lost, kept = (share(grant, worker=worker, workers=2) for worker in (1, 0))
    await committed(agent, lease, await agent.deliver(lease, ordinals=lost[:4]))
    loss = agent_pb2.WorkerLoss(
        worker=1, worker_count=2, offset_micros=100_000, next_ordinal=lost[9] + 1, error="worker 1 was killed"
    )
    for _ in range(3):  # again and again, as registrations do
        await agent.report(lease, State.LEASE_STATE_RUNNING, lost_workers=[loss])
    new = await successor(agent, [lease])
    first = agent.grants[new].first_ordinal
    assert first >= lost[9] + 1
    assert read_ledger(controller.database, run_id).censored == [o for o in lost[4:] if o < first]
    # A batch of the dead worker was still on its way.
    await committed(agent, lease, await agent.deliver(lease, ordinals=lost[4:6]))
    await finish(agent, new)
    last = await agent.deliver(lease, ordinals=kept)
    await agent.report(lease, State.LEASE_STATE_COMPLETED, last_batch_number=last, lost_workers=[loss])
    assert (await controller.ended(run_id)).status == "completed"
    ledger = read_ledger(controller.database, run_id)
    assert ledger.balances(60)
    assert ledger.censored == [o for o in lost[6:] if o < first]
    assert lease_ids(controller.database, run_id) == [lease, new]
    assert "Agent agent-1 lost worker processes" in "\n".join((await controller.result(run_id)).notes)


async def test_worker_then_its_agent_is_lost(controller):
    (lost, other), run_id, leases = await running(
        controller, "agent-1", "agent-2", concurrency=[8], num_prompts=96
    )
    loss = agent_pb2.WorkerLoss(worker=0, worker_count=3, offset_micros=1_000, error="worker 0 was killed")
    await lost.report(leases[0], State.LEASE_STATE_RUNNING, lost_workers=[loss])
    part = await successor(lost, leases)
    await committed(lost, part, await lost.deliver(part, count=2))
    await lose(lost, leases[0])
    await other.until(lambda: len(other.starts) == 4)
    for lease in list(other.starts):
        await finish(other, lease)
    assert (await controller.ended(run_id)).status == "completed"
    assert read_ledger(controller.database, run_id).balances(96)
