"""Shares that are handed over: whatever is lost, nothing of the plan is left out and nothing is done twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.dispatch.cutting import Share, divide, first_due, ordinal_blocks, ordinals_end, undealt
from controller.store.records import LeaseRecord
from loadcell.pacing import schedule
from loadcell.pacing.arrivals import due_blocks
from loadcell.pacing.shares import worker_share
from loadcell.v1 import agent_pb2, target_pb2

COUNT = 400
plans = st.one_of(
    st.builds(target_pb2.LevelPlan, concurrency=st.integers(1, 40), request_count=st.just(COUNT)),
    st.builds(
        target_pb2.LevelPlan, rate=st.just(10.0), max_concurrency=st.integers(0, 40), request_count=st.just(COUNT)
    ),
)
WHOLE = worker_share(concurrency=0, max_concurrency=0, share=0, shares=1, worker=0, workers=1)


def ordinals(plan: target_pb2.LevelPlan, share: Share, end: int = COUNT) -> list[int]:
    every = np.arange(end)
    return every[share.holds(plan, every)].tolist()


def lease(share: Share) -> LeaseRecord:
    return LeaseRecord(
        lease_key=1,
        lease_id="run.0.0",
        run_key=1,
        level=0,
        share_index=share.index,
        share_count=share.count,
        agent_id="a",
        state=agent_pb2.LEASE_STATE_RUNNING,
        first_ordinal=share.first,
    )


@given(plan=plans, data=st.data())
def test_a_share_holds_what_the_agent_computes(plan, data):
    count = data.draw(st.integers(1, 6))
    share = Share(data.draw(st.integers(0, count - 1)), count, data.draw(st.integers(0, COUNT)))
    part = share.part(0, 1)
    workers = data.draw(st.integers(1, 4))
    for worker in range(workers):
        dealt = worker_share(
            concurrency=plan.concurrency,
            max_concurrency=plan.max_concurrency,
            share=part.index,
            shares=part.count,
            worker=worker,
            workers=workers,
        )
        mine = [o for o in dealt.ordinals(COUNT) if o >= share.first]
        assert ordinals(plan, share.part(worker, workers)) == mine
    assert share.size(plan, COUNT) == len(ordinals(plan, share))


@given(plan=plans, data=st.data())
def test_whatever_is_lost_every_ordinal_is_somebody_s_exactly_once(plan, data):
    """Agents and workers are lost in any order; each cut is at an ordinal above the one before."""
    agents = data.draw(st.integers(1, 4))
    live = [Share(index, agents) for index in range(agents)]
    done: list[int] = []
    cut = 0
    for _ in range(data.draw(st.integers(0, 4))):
        if not live:
            break
        lost = live.pop(data.draw(st.integers(0, len(live) - 1)))
        cut = data.draw(st.integers(cut, COUNT))
        record = lease(lost)
        heirs = []
        workers = data.draw(st.integers(1, 4))
        for worker in data.draw(st.sets(st.integers(0, workers - 1), max_size=workers - 1)):
            heir = lost.part(worker, workers).begun_at(max(lost.first, data.draw(st.integers(0, cut))))
            heirs.append(replace(lease(heir), succeeds=1))
            live.append(heir)
            done += [o for o in ordinals(plan, lost.part(worker, workers)) if o < heir.first]
        at = max(cut, lost.first)
        left = undealt(record, heirs)
        done += [o for share in left for o in ordinals(plan, share) if o < at]
        live += divide(plan, [share.begun_at(at) for share in left], data.draw(st.integers(1, 5)), COUNT)
    done += [o for share in live for o in ordinals(plan, share)]
    assert sorted(done) == list(range(COUNT))


@given(plan=plans, data=st.data())
def test_parts_are_as_many_as_there_are_agents_and_none_is_empty(plan, data):
    count, agents = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 8))
    share = Share(data.draw(st.integers(0, count - 1)), count, data.draw(st.integers(0, COUNT)))
    parts = divide(plan, [share], agents, COUNT)
    sizes = [part.size(plan, COUNT) for part in parts]
    assert all(sizes)
    lanes = share.lanes(plan)
    most = min(agents, share.size(plan, COUNT), agents if lanes is None else lanes)
    assert len(parts) == most
    assert sorted(o for part in parts for o in ordinals(plan, part)) == ordinals(plan, share)


@pytest.mark.parametrize("poisson", [False, True])
@pytest.mark.parametrize("bound", [{"count": 70_000, "duration_ns": 0}, {"count": None, "duration_ns": 7 * 10**9}])
def test_blocks_of_arrivals_are_those_of_the_shares(poisson, bound):
    blocks = due_blocks(10_000.0, poisson=poisson, seed=7, level=2, **bound)
    if poisson:
        expected = schedule.poisson(10_000.0, WHOLE, seed=7, level=2, **bound)
    else:
        expected = schedule.constant(10_000.0, WHOLE, **bound)
    assert np.concatenate(list(blocks)).tolist() == [due for _, due in expected]


@given(
    rate=st.floats(0.5, 500.0),
    arrival=st.sampled_from([target_pb2.ARRIVAL_CONSTANT, target_pb2.ARRIVAL_POISSON]),
    timed=st.booleans(),
    offset=st.integers(0, 12_000_000),
)
def test_cut_is_the_first_ordinal_that_is_due(rate, arrival, timed, offset):
    bound = {"duration_micros": 10_000_000} if timed else {"request_count": 300}
    plan = target_pb2.LevelPlan(rate=rate, arrival=arrival, **bound)
    dues = [due for block in ordinal_blocks(plan, 3, 0, 10**6) for due in block[1].tolist()]
    assert ordinals_end(plan, 3) == len(dues)
    at = first_due(plan, 3, offset)
    assert all(due < offset for due in dues[:at])
    assert all(due >= offset - 1 for due in dues[at:])  # shown in whole microseconds


def test_closed_loop_bounded_by_time_has_no_end():
    assert ordinals_end(target_pb2.LevelPlan(concurrency=2, duration_micros=1), 0) is None


def test_blocks_of_a_closed_loop_have_no_due_times():
    plan = target_pb2.LevelPlan(concurrency=2, request_count=100)
    (found,) = ordinal_blocks(plan, 0, 5, 9)
    assert (found[0].tolist(), found[1]) == ([5, 6, 7, 8], None)


def test_blocks_begin_and_end_within_blocks():
    plan = target_pb2.LevelPlan(concurrency=2, duration_micros=1)
    found = [block.tolist() for block, _ in ordinal_blocks(plan, 0, 65_530, 131_080)]
    assert [number for block in found for number in block] == list(range(65_530, 131_080))
