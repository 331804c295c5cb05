"""Agents that are lost in the middle of a level, and who does what was theirs."""

from __future__ import annotations

import asyncio

import pytest
from lease_ledger import lease_ids, read_ledger
from scripted_agent import State, columns, share

from loadcell.pacing.arrivals import due_blocks
from loadcell.v1 import agent_pb2, run_pb2, sample_pb2, target_pb2
from tests.patience import PATIENCE_SECONDS

CLOSED = {"concurrency": [4], "num_prompts": 60}
PLANNED = 4_000  # at 100/s: a slow machine may take seconds to see a loss, and that is still little of the plan
IN_FEW_BATCHES = 1_000  # requests each: so many planned ones are not worth a message for every fourth


def held(lease_id: str, state: int = State.LEASE_STATE_RUNNING, **more: object) -> agent_pb2.LeaseUpdate:
    return agent_pb2.LeaseUpdate(lease_id=lease_id, state=state, **more)


async def committed(agent, lease_id: str, number: int) -> None:
    await agent.until(
        lambda: any(a.lease_id == lease_id and a.committed_batch_number >= number for a in agent.acks)
    )


async def running(controller, *names: str, batch_size: int = 4, **fields: object):
    """Agents in the middle of a run's only level, its identifier, and the lease of each."""
    agents = [await controller.agent(name, complete=False, batch_size=batch_size) for name in names]
    run_id = await controller.create(agent_count=len(names), **fields)
    for agent in agents:
        await agent.until(lambda agent=agent: agent.starts)
    return agents, run_id, [next(iter(agent.starts)) for agent in agents]


async def finish(agent, lease_id: str) -> None:
    await agent.until(lambda: lease_id in agent.starts)
    await agent.finish(lease_id, await agent.deliver(lease_id))


async def lose(agent, lease_id: str, delivered: int = 0) -> None:
    """Let an agent deliver some requests and die."""
    if delivered:
        await committed(agent, lease_id, await agent.deliver(lease_id, count=delivered))
    await agent.close()


async def successor(agent, known: list[str]) -> str:
    """Wait until an agent has been started with a lease it did not have before, and return that."""
    await agent.until(lambda: set(agent.starts) - set(known))
    return next(iter(set(agent.starts) - set(known)))


def arrivals(rate: float, seconds: float, *, poisson: bool) -> int:
    blocks = due_blocks(rate, poisson=poisson, seed=0, level=0, count=None, duration_ns=round(seconds * 1e9))
    return sum(len(block) for block in blocks)


@pytest.mark.parametrize(
    ("bound", "arrival", "cap"),
    [
        ({"num_prompts": PLANNED}, target_pb2.ARRIVAL_CONSTANT, {}),
        ({"num_prompts": PLANNED}, target_pb2.ARRIVAL_POISSON, {"max_concurrency": 3}),
        ({"duration_seconds": PLANNED / 100}, target_pb2.ARRIVAL_CONSTANT, {"max_concurrency": 3}),
        ({"duration_seconds": PLANNED / 100}, target_pb2.ARRIVAL_POISSON, {}),
    ],
    ids=["count-constant", "count-poisson-cap", "time-constant-cap", "time-poisson"],
)
async def test_open_level_is_carried_out_by_those_who_are_left(controller, bound, arrival, cap):
    (lost, other), run_id, leases = await running(
        controller, "agent-1", "agent-2", batch_size=IN_FEW_BATCHES, rate=[100], arrival=arrival, **bound, **cap
    )
    poisson = arrival == target_pb2.ARRIVAL_POISSON
    planned = bound.get("num_prompts") or arrivals(100.0, PLANNED / 100, poisson=poisson)
    await other.finish(leases[1], await other.deliver(leases[1]))
    await lose(lost, leases[0], delivered=8)
    new = await successor(other, leases)
    assert other.starts[new] == other.starts[leases[1]]  # due times stay what they were
    assert other.grants[new].first_ordinal > 0
    await finish(other, new)
    assert (await controller.ended(run_id)).status == "completed"
    ledger = read_ledger(controller.database, run_id)
    assert ledger.balances(planned)
    assert ledger.censored
    assert max(ledger.censored) < other.grants[new].first_ordinal
    assert min(ledger.ages) >= 0
    result = await controller.result(run_id)
    level = result.results[0]
    assert (level.total_requests, level.censored_requests) == (planned, len(ledger.censored))
    assert level.successful_requests == planned - len(ledger.censored)
    (note,) = [note for note in result.notes if note.startswith("Agent agent-1 was lost ")]
    assert f"{len(ledger.censored)} of its requests are CENSORED" in note
    assert "s into 100/s: not heard of for 1 s." in note
    assert note.endswith("What was left was taken over by agent-2.")


async def test_closed_level_goes_on_above_what_was_started(controller):
    (lost, other), run_id, leases = await running(controller, "agent-1", "agent-2", **CLOSED)
    lost.next_ordinals[leases[0]] = 23
    mine = share(lost.grants[leases[0]])
    seen = len(lost.replies)
    await lost.until(lambda: len(lost.replies) > seen + 2)
    await lose(lost, leases[0], delivered=8)
    new = await successor(other, leases)
    assert other.grants[new].first_ordinal == 23
    assert other.grants[new].level.warmup_count == 0
    for lease in (leases[1], new):
        await finish(other, lease)
    assert (await controller.ended(run_id)).status == "completed"
    ledger = read_ledger(controller.database, run_id)
    assert ledger.balances(60)
    assert ledger.censored == [ordinal for ordinal in mine[8:] if ordinal < 23]


async def test_closed_level_bounded_by_time_has_no_gap_below_the_cut(controller):
    (lost, other), run_id, leases = await running(
        controller, "agent-1", "agent-2", concurrency=[4], duration_seconds=30.0
    )
    await lose(lost, leases[0], delivered=8)
    new = await successor(other, leases)
    for lease in (leases[1], new):
        await finish(other, lease)
    assert (await controller.ended(run_id)).status == "completed"
    assert read_ledger(controller.database, run_id).balances(100)


async def test_many_agents_take_over_in_equal_parts(controller):
    names = [f"agent-{n}" for n in range(1, 5)]
    agents, run_id, leases = await running(
        controller, *names, batch_size=IN_FEW_BATCHES, rate=[100], num_prompts=PLANNED
    )
    await lose(agents[0], leases[0])
    parts = []
    for agent, lease in zip(agents[1:], leases[1:], strict=True):
        new = await successor(agent, leases)
        parts.append(len(share(agent.grants[new])))
        await finish(agent, lease)
        await finish(agent, new)
    assert max(parts) - min(parts) <= 1
    assert (await controller.ended(run_id)).status == "completed"
    assert read_ledger(controller.database, run_id).balances(PLANNED)


async def test_successor_may_be_lost_as_well(controller):
    (first, second, third), run_id, leases = await running(
        controller, "agent-1", "agent-2", "agent-3", concurrency=[6], num_prompts=300
    )
    await lose(first, leases[0], delivered=12)
    lost = await successor(second, leases)
    kept = await successor(third, leases)
    await committed(second, lost, await second.deliver(lost, count=5))
    await lose(second, leases[1], delivered=4)
    await third.until(lambda: len(third.starts) == 4)
    for lease in [leases[2], kept, *set(third.starts) - {leases[2], kept}]:
        await finish(third, lease)
    assert (await controller.ended(run_id)).status == "completed"
    assert read_ledger(controller.database, run_id).balances(300)
    assert len(set(lease_ids(controller.database, run_id))) == 7


async def test_what_is_delivered_late_takes_the_place_of_censored_rows(start, place):
    controller = await start(database=place)
    (lost, other), run_id, leases = await running(
        controller, "agent-1", "agent-2", batch_size=IN_FEW_BATCHES, rate=[100], num_prompts=PLANNED
    )
    grants = lost.grants
    await lose(lost, leases[0], delivered=8)
    new = await successor(other, leases)
    before = read_ledger(controller.database, run_id)
    again = await controller.agent(
        "agent-1", held=[held(leases[0])], complete=False, obey_cancel=False, batch_size=IN_FEW_BATCHES
    )
    again.grants, again.delivered[leases[0]] = grants, lost.delivered[leases[0]]
    await again.until(lambda: leases[0] in again.cancels)
    late = before.censored[:10]
    await committed(again, leases[0], await again.deliver(leases[0], ordinals=late))
    await again.finish(leases[0], again.delivered[leases[0]], State.LEASE_STATE_CANCELLED)
    now = read_ledger(controller.database, run_id)
    assert now.censored == before.censored[10:]
    assert set(late) <= set(now.executed)
    for lease in (leases[1], new):
        await finish(other, lease)
    await controller.ended(run_id)
    assert read_ledger(controller.database, run_id).balances(PLANNED)
    # After the end of the run as well: its result is made anew.
    await again.deliver(leases[0], ordinals=now.censored)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (result := await controller.result(run_id)).results[0].censored_requests:
            await asyncio.sleep(0.05)
    assert result.results[0].successful_requests == PLANNED
    assert read_ledger(controller.database, run_id).balances(PLANNED)


async def test_requests_executed_twice_are_kept_and_told(controller):
    (lost, other), run_id, leases = await running(controller, "agent-1", "agent-2", **CLOSED)
    grants, mine = lost.grants, share(lost.grants[leases[0]])
    await lose(lost, leases[0], delivered=8)
    new = await successor(other, leases)
    again = await controller.agent("agent-1", held=[held(leases[0])], complete=False)
    again.grants, again.delivered[leases[0]] = grants, lost.delivered[leases[0]]
    await committed(again, leases[0], await again.deliver(leases[0], ordinals=mine[8:13]))
    for lease in (leases[1], new):
        await finish(other, lease)
    await controller.ended(run_id)
    assert read_ledger(controller.database, run_id).balances(60, twice=5)
    notes = (await controller.result(run_id)).notes
    assert [note for note in notes if note.startswith("At c=4 5 requests were made twice")]


@pytest.mark.parametrize("ready", [False, True])
async def test_share_that_had_not_started_is_granted_anew_in_full(controller, ready):
    lost = await controller.agent("agent-1", become_ready=ready, complete=False)
    other = await controller.agent("agent-2", become_ready=False)
    run_id = await controller.create(agent_count=2, warmup=6, **CLOSED)
    for agent in (lost, other):
        await agent.until(lambda agent=agent: agent.grants)
    gone, mine = next(iter(lost.grants)), next(iter(other.grants))
    assert lost.grants[gone].fence_micros == 1_000_000
    await lost.close()
    await other.until(lambda: len(other.grants) == 2)
    (new,) = other.grants.keys() - {mine}
    granted = other.grants[new]
    assert share(granted) == share(lost.grants[gone])
    assert granted.level.warmup_count == 6
    for lease in (mine, new):
        await other.report(lease, State.LEASE_STATE_READY)
    assert (await controller.ended(run_id)).status == "completed"
    ledger = read_ledger(controller.database, run_id)
    assert ledger.balances(60)
    assert not ledger.censored
    notes = (await controller.result(run_id)).notes
    assert "Agent agent-1 was lost before c=4 started: not heard of for 1 s." in "\n".join(notes)


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


async def test_restarted_agent_has_lost_its_share_at_once(controller):
    (lost, other), run_id, leases = await running(controller, "agent-1", "agent-2", **CLOSED)
    await lose(lost, leases[0], delivered=8)
    await controller.agent("agent-1")
    new = await successor(other, leases)
    for lease in (leases[1], new):
        await finish(other, lease)
    await controller.ended(run_id)
    assert read_ledger(controller.database, run_id).balances(60)
    notes = "\n".join((await controller.result(run_id)).notes)
    assert "it was restarted and no longer holds its share" in notes


async def test_agent_that_stops_by_itself_is_replaced(controller):
    (lost, other), run_id, leases = await running(controller, "agent-1", "agent-2", **CLOSED)
    last = await lost.deliver(leases[0], count=8)
    in_flight = columns(share(lost.grants[leases[0]])[8:10])
    in_flight.status[:] = [sample_pb2.SAMPLE_STATUS_CANCELLED] * 2
    await lost.send(leases[0], last + 1, in_flight)
    await lost.finish(leases[0], last + 1, State.LEASE_STATE_CANCELLED)
    new = await successor(other, leases)
    for lease in (leases[1], new):
        await finish(other, lease)
    assert (await controller.ended(run_id)).status == "completed"
    ledger = read_ledger(controller.database, run_id)
    assert ledger.balances(60)
    assert len(ledger.censored) == 2  # the run was not cancelled
    assert "Agent agent-1 stopped its share" in "\n".join((await controller.result(run_id)).notes)


@pytest.mark.parametrize("restarted", [False, True])
async def test_batches_that_never_come_do_not_hold_the_run_for_ever(start, restarted):
    controller = await start(agent_wait_seconds=0.5)
    (lost, other), run_id, leases = await running(controller, "agent-1", "agent-2", **CLOSED)
    await committed(lost, leases[0], await lost.deliver(leases[0], count=8))
    await lost.finish(leases[0], 7)
    seen = len(lost.replies)
    await lost.until(lambda: len(lost.replies) > seen + 2)  # the end of the lease has been heard
    await lost.close()
    if restarted:
        await controller.agent("agent-1")
    await finish(other, leases[1])
    assert (await controller.ended(run_id)).status == "completed"
    ledger = read_ledger(controller.database, run_id)
    assert ledger.balances(60)
    assert len(ledger.censored) == 22
    notes = "\n".join((await controller.result(run_id)).notes)
    assert (
        "Agent agent-1 was lost before all samples of c=4 were delivered. 22 of its requests are CENSORED" in notes
    )


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


async def test_watchers_hear_of_it_at_once(controller):
    (lost, other), run_id, leases = await running(controller, "agent-1", "agent-2", **CLOSED)
    await lose(lost, leases[0], delivered=8)
    new = await successor(other, leases)
    updates = controller.runs.WatchRun(run_pb2.WatchRunRequest(run_id=run_id))
    update = await updates.read()
    updates.cancel()
    assert any("taken over by agent-2" in note for note in update.notes)
    await other.send(new, 1, columns([4]))
    await committed(other, new, 1)
    await controller.runs.CancelRun(run_pb2.CancelRunRequest(run_id=run_id))
    assert (await controller.ended(run_id)).status == "cancelled"
