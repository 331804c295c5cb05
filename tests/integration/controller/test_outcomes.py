"""How a run ends whose agents were lost: by how much of its plan nobody has carried out."""

from __future__ import annotations

import asyncio

import pytest
from lease_ledger import read_ledger
from scripted_agent import ScriptedAgent

from loadcell.v1 import run_pb2
from tests.patience import PATIENCE_SECONDS

OPEN_BY_TIME = {"rate": [100], "duration_seconds": 1.0}
OPEN_BY_COUNT = {"rate": [100], "num_prompts": 100}
CLOSED_BY_TIME = {"concurrency": [1], "duration_seconds": 1.0}
CLOSED_BY_COUNT = {"concurrency": [1], "num_prompts": 100}


async def measured(controller, ordinals: list[int], **fields: object) -> tuple[str, ScriptedAgent]:
    """A run whose only agent has delivered some requests; ordinal `k` begins `k` milliseconds after the start."""
    agent = await controller.agent(complete=False, batch_size=1_000)
    run_id = await controller.create(**fields)
    lease = f"{run_id}.0.0"
    await agent.until(lambda: lease in agent.starts)
    number = await agent.deliver(lease, ordinals=ordinals)
    await agent.until(lambda: agent.acks and agent.acks[-1].committed_batch_number == number)
    return run_id, agent


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        (
            OPEN_BY_TIME,
            "80.0% of the plan of 100/s was carried out by nobody, at most 10% may be: agent agent-1 8",
        ),
        (OPEN_BY_COUNT, "80.0% of the plan of 100/s was carried out by nobody"),
        (CLOSED_BY_TIME, "of the plan of c=1 was carried out by nobody, at most 10% may be: agent agent-1 1.0 of"),
        (CLOSED_BY_COUNT, "agent agent-1: lost, not heard of for 1 s; nobody was there to take over"),
    ],
)
async def test_a_plan_that_ends_while_it_waits_for_an_agent_has_failed(start, fields, why):
    controller = await start(agent_wait_seconds=1.0)
    run_id, agent = await measured(controller, list(range(20)), **fields)
    await agent.close()
    run = await controller.ended(run_id)
    assert (run.status, why in run.error) == ("failed", True), run.error
    level = (await controller.result(run_id, partial=True)).results[0]
    assert level.successful_requests == 20


@pytest.mark.parametrize(("fields", "ordinals"), [(OPEN_BY_TIME, 95), (OPEN_BY_COUNT, 95), (CLOSED_BY_TIME, 950)])
async def test_a_plan_of_which_little_is_missing_is_completed_with_a_note(start, fields, ordinals):
    controller = await start(agent_wait_seconds=1.0)
    run_id, agent = await measured(controller, list(range(ordinals)), **fields)
    await agent.close()
    run = await controller.ended(run_id)
    assert (run.status, run.error) == ("completed", "")
    result = await controller.result(run_id)
    assert any(note.startswith("Agent agent-1 was lost ") for note in result.notes)
    if "rate" in fields:
        assert read_ledger(controller.database, run_id).balances(100)


@pytest.mark.parametrize("fields", [{"rate": [50]}, {"concurrency": [2]}])
async def test_an_agent_that_comes_too_late_does_not_make_the_plan_whole(start, fields):
    """For a third of the time nobody worked on the share; that the rest was carried out does not change it."""
    controller = await start(agent_wait_seconds=3.0)
    run_id, agent = await measured(controller, list(range(4)), duration_seconds=10.0, **fields)
    await agent.close()
    late = await controller.agent("agent-2", batch_size=1_000)
    run = await controller.ended(run_id)
    assert run.status == "failed"
    assert "was carried out by nobody" in run.error
    assert len(late.starts) == 1
    assert (await controller.result(run_id, partial=True)).results[0].successful_requests > 4


async def test_both_agents_lost_one_after_the_other_are_counted_together(start):
    controller = await start(agent_wait_seconds=1.0)
    agents = [await controller.agent(f"agent-{n}", complete=False, batch_size=1_000) for n in (1, 2)]
    run_id = await controller.create(rate=[100], num_prompts=100, agent_count=2)
    for share, agent in enumerate(agents):
        lease = f"{run_id}.0.{share}"
        await agent.until(lambda agent=agent, lease=lease: lease in agent.starts)
        await agent.deliver(lease, ordinals=list(range(share, 88, 2)))
        await agent.until(lambda agent=agent: agent.acks)
    for agent in agents:
        await agent.close()
    run = await controller.ended(run_id)
    assert run.status == "failed"
    assert "12.0% of the plan" in run.error
    assert all(f"agent agent-{n} 6 of 100 requests" in run.error for n in (1, 2))


@pytest.mark.parametrize("fields", [OPEN_BY_COUNT, OPEN_BY_TIME, CLOSED_BY_COUNT])
async def test_the_books_of_a_failed_run_balance(start, fields):
    controller = await start(agent_wait_seconds=0.5)
    ordinals = [*range(10), *range(14, 20)]
    run_id, agent = await measured(controller, ordinals, **fields)
    await agent.close()
    assert (await controller.ended(run_id)).status == "failed"
    await balances(controller, run_id, executed=ordinals, censored_at_least={10, 11, 12, 13})


@pytest.mark.parametrize("fields", [OPEN_BY_COUNT, OPEN_BY_TIME, CLOSED_BY_COUNT])
async def test_the_books_of_a_cancelled_run_balance(start, fields):
    """The agent does not come back: what it has begun by its own word is CENSORED, the rest was not executed."""
    controller = await start()
    ordinals = [*range(10), *range(14, 20)]
    run_id, agent = await measured(controller, ordinals, **fields)
    lease = f"{run_id}.0.0"
    agent.next_ordinals[lease] = 23
    heard = len(agent.replies)
    await agent.until(lambda: len(agent.replies) > heard + 2)
    await agent.close()
    await controller.runs.CancelRun(run_pb2.CancelRunRequest(run_id=run_id))
    assert (await controller.ended(run_id)).status == "cancelled"
    ledger = await balances(controller, run_id, executed=ordinals, censored_at_least={*range(10, 14), 20, 21, 22})
    assert len(ledger.censored) == 7
    assert min(ledger.ages) >= 0
    assert (await controller.result(run_id, partial=True)).results[0].unexecuted_requests == 77


async def test_a_share_that_was_stopped_and_delivered_has_no_unknown_request(controller):
    """Workers are not equally fast: what lies below the highest ordinal and has no sample was never begun."""
    ordinals = [0, 1, 2, 3, 5, 7, 9, 11]
    run_id, _ = await measured(controller, ordinals, concurrency=[2], num_prompts=100)
    await controller.runs.CancelRun(run_pb2.CancelRunRequest(run_id=run_id))
    assert (await controller.ended(run_id)).status == "cancelled"
    ledger = await balances(controller, run_id, executed=ordinals, censored_at_least=set())
    assert ledger.censored == []


async def test_requests_that_arrive_after_a_cancel_take_the_place_of_what_was_not_known(start):
    controller = await start()
    run_id, agent = await measured(controller, [0, 1, 2, 9], **CLOSED_BY_COUNT)
    lease, grants = f"{run_id}.0.0", agent.grants
    await agent.close()
    await controller.runs.CancelRun(run_pb2.CancelRunRequest(run_id=run_id))
    await controller.ended(run_id)
    assert read_ledger(controller.database, run_id).censored == [3, 4, 5, 6, 7, 8]
    again = await controller.agent("agent-1", complete=False)
    again.grants, again.delivered[lease] = grants, 1
    await again.deliver(lease, ordinals=[3, 4, 5, 30])
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await controller.result(run_id, partial=True)).results[0].censored_requests != 3:
            await asyncio.sleep(0.05)
    await balances(controller, run_id, executed=[0, 1, 2, 3, 4, 5, 9, 30], censored_at_least={6, 7, 8})


async def balances(controller, run_id: str, *, executed: list[int], censored_at_least: set[int]):
    """Check that planned = executed + CENSORED + unexecuted of a level of 100 requests."""
    ledger = read_ledger(controller.database, run_id)
    assert ledger.executed == executed
    assert censored_at_least <= set(ledger.censored)
    assert len(set(ledger.executed + ledger.censored)) == len(ledger.executed) + len(ledger.censored)
    level = (await controller.result(run_id, partial=True)).results[0]
    assert (level.total_requests, level.censored_requests) == (
        len(ledger.executed) + len(ledger.censored),
        len(ledger.censored),
    )
    assert level.unexecuted_requests == 100 - level.total_requests
    return ledger
