"""Agents that are lost in the middle of a level, and who does what was theirs."""

from __future__ import annotations

import asyncio

import pytest
from handing_over import CLOSED, committed, finish, held, lose, running, successor
from lease_ledger import lease_ids, read_ledger
from scripted_agent import State, columns, share

from loadcell.pacing.arrivals import due_blocks
from loadcell.v1 import run_pb2, sample_pb2, target_pb2
from tests.patience import PATIENCE_SECONDS

PLANNED = 4_000  # at 100/s: a slow machine may take seconds to see a loss, and that is still little of the plan
IN_FEW_BATCHES = 1_000  # requests each: so many planned ones are not worth a message for every fourth


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
