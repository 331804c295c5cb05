from itertools import chain, islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.pacing import demand
from agent.worker.arriving import arrivals
from agent.worker.messages import Level
from loadcell.pacing import schedule
from loadcell.pacing.shares import Deal, WorkerShare, split, worker_share

levels = st.one_of(
    st.tuples(st.integers(1, 200), st.just(0)),  # closed
    st.tuples(st.just(0), st.integers(0, 200)),  # open, with or without a cap
)


def all_shares(concurrency: int, cap: int, agents: int, workers: list[int]) -> list[WorkerShare]:
    return [
        worker_share(
            concurrency=concurrency, max_concurrency=cap, share=a, shares=agents, worker=w, workers=workers[a]
        )
        for a in range(agents)
        for w in range(workers[a])
    ]


@given(total=st.integers(0, 10**9), parts=st.integers(1, 500))
def test_split_is_exact_and_even(total, parts):
    sizes = [split(total, part, parts) for part in range(parts)]
    assert sum(sizes) == total
    assert max(sizes) - min(sizes) <= 1


@given(level=levels, data=st.data(), total=st.integers(0, 700))
def test_shares_of_all_agents_and_workers_add_up_exactly(level, data, total):
    agents = data.draw(st.integers(1, 9))
    workers = data.draw(st.lists(st.integers(1, 6), min_size=agents, max_size=agents))
    shares = all_shares(*level, agents, workers)
    ordinals = [list(share.ordinals(total)) for share in shares]
    assert sorted(chain.from_iterable(ordinals)) == list(range(total))
    assert [len(part) for part in ordinals] == [share.size(total) for share in shares]
    assert all(part == sorted(part) for part in ordinals)
    assert sum(share.slots for share in shares) == sum(level)
    assert sum(share.portion for share in shares) == pytest.approx(1)


@given(level=levels, data=st.data())
def test_a_share_without_a_slot_is_dealt_nothing(level, data):
    agents = data.draw(st.integers(1, 9))
    workers = data.draw(st.lists(st.integers(1, 6), min_size=agents, max_size=agents))
    for share in all_shares(*level, agents, workers):
        if sum(level) and not share.slots:
            assert share.size(10_000) == 0


def test_agent_share_is_ordinals_congruent_to_its_index():
    deal = Deal(lanes=5, part=3, parts=5)
    assert [deal.item(k) for k in range(4)] == [3, 8, 13, 18]


@given(level=levels.filter(any), data=st.data(), rounds=st.integers(0, 20), rest=st.integers(0, 199))
def test_requests_are_dealt_in_proportion_to_the_slots(level, data, rounds, rest):
    agents = data.draw(st.integers(1, 9))
    workers = data.draw(st.lists(st.integers(1, 6), min_size=agents, max_size=agents))
    total = rounds * sum(level) + rest % sum(level)
    for share in all_shares(*level, agents, workers):
        assert share.slots * rounds <= share.size(total) <= share.slots * (rounds + 1)


@given(level=levels.filter(any), data=st.data())
def test_a_slot_has_the_same_ordinals_whatever_the_number_of_agents_and_workers(level, data):
    slots = sum(level)
    agents = data.draw(st.integers(1, 9))
    workers = data.draw(st.lists(st.integers(1, 6), min_size=agents, max_size=agents))
    for share in all_shares(*level, agents, workers):
        ordinals = set(share.ordinals(3 * slots))
        own = {ordinal % slots for ordinal in ordinals}
        assert len(own) == share.slots
        assert ordinals == {ordinal for ordinal in range(3 * slots) if ordinal % slots in own}
        assert {slot % agents for slot in own} <= {share.agent.part}


def test_two_agents_with_three_slots_make_requests_two_to_one():
    assert [share.size(300) for share in all_shares(3, 0, 2, [1, 1])] == [200, 100]


@given(agents=st.integers(1, 6), workers=st.integers(1, 4), seed=st.integers(0, 2**62), cap=st.integers(0, 30))
def test_poisson_arrivals_are_independent_of_the_split(agents, workers, seed, cap):
    whole = worker_share(concurrency=0, max_concurrency=0, share=0, shares=1, worker=0, workers=1)
    expected = list(schedule.poisson(50, whole, seed=seed, level=2, count=400, duration_ns=0))
    parts = all_shares(0, cap, agents, [workers] * agents)
    split_up = [schedule.poisson(50, part, seed=seed, level=2, count=400, duration_ns=0) for part in parts]
    assert sorted(pair for part in split_up for pair in part) == expected
    dues = [due for _, due in expected]
    assert dues == sorted(dues)


@given(level=levels, data=st.data(), total=st.integers(0, 700), first=st.integers(0, 800))
def test_a_share_from_an_ordinal_on_is_the_rest_of_the_share(level, data, total, first):
    agents = data.draw(st.integers(1, 9))
    workers = data.draw(st.lists(st.integers(1, 6), min_size=agents, max_size=agents))
    for share in all_shares(*level, agents, workers):
        assert list(share.ordinals(total, first)) == [n for n in share.ordinals(total) if n >= first]
        endless = list(islice(share.ordinals(None, first), 20))
        assert endless == [n for n in islice(share.ordinals(None), 20 + first) if n >= first][:20]


@given(
    level=levels,
    data=st.data(),
    poisson=st.booleans(),
    bounded_by_time=st.booleans(),
    first=st.integers(0, 500),
)
def test_arrivals_from_an_ordinal_on_keep_their_due_times(level, data, poisson, bounded_by_time, first):
    agents, workers = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 3))
    concurrency, cap = level
    plan = Level(
        index=1,
        concurrency=concurrency,
        rate=0.0 if concurrency else 100.0,
        poisson=poisson,
        max_concurrency=cap,
        request_count=0 if bounded_by_time and not concurrency else 400,
        duration_ns=4 * 10**9 if bounded_by_time else 0,
        warmup_count=0,
    )
    for share in all_shares(concurrency, cap, agents, [workers] * agents):
        whole = list(arrivals(plan, share, seed=5, first=0))
        rest = list(arrivals(plan, share, seed=5, first=first))
        assert rest == [(ordinal, due) for ordinal, due in whole if ordinal >= first]


@given(
    level=levels,
    agents=st.integers(1, 5),
    lost=st.integers(0, 4),
    heirs=st.integers(1, 4),
    workers=st.integers(1, 3),
    cut=st.integers(0, 300),
)
def test_successors_have_together_exactly_what_the_lost_share_had_left(level, agents, lost, heirs, workers, cut):
    """Successor j of k of share (i, n) has share (i + n j, n k), whatever the workers of either."""
    lost %= agents
    concurrency, cap = level
    given_up = all_shares(concurrency, cap, agents, [1] * agents)[lost]
    taken = [
        ordinal
        for heir in range(heirs)
        for worker in range(workers)
        for ordinal in worker_share(
            concurrency=concurrency,
            max_concurrency=cap,
            share=lost + agents * heir,
            shares=agents * heirs,
            worker=worker,
            workers=workers,
        ).ordinals(400, cut)
    ]
    assert sorted(taken) == list(given_up.ordinals(400, cut))


@given(
    level=levels,
    agents=st.integers(1, 5),
    agent=st.integers(0, 4),
    workers=st.integers(1, 5),
    cut=st.integers(0, 300),
)
def test_share_of_a_lost_worker_is_a_share_like_any_other(level, agents, agent, workers, cut):
    """Worker w of W of share (i, n) has what share (i + n w, n W) has."""
    agent %= agents
    concurrency, cap = level
    shares = all_shares(concurrency, cap, agents, [workers] * agents)
    for worker in range(workers):
        heir = worker_share(
            concurrency=concurrency,
            max_concurrency=cap,
            share=agent + agents * worker,
            shares=agents * workers,
            worker=0,
            workers=1,
        )
        lost = shares[agent * workers + worker]
        assert list(heir.ordinals(400, cut)) == list(lost.ordinals(400, cut))
        assert heir.slots == lost.slots


WHOLE = worker_share(concurrency=0, max_concurrency=0, share=0, shares=1, worker=0, workers=1)


def test_poisson_gaps_are_exponential_across_blocks():
    count = 3 * schedule.BLOCK + 10
    dues = np.array([due for _, due in schedule.poisson(1000, WHOLE, seed=7, level=0, count=count, duration_ns=0)])
    gaps = np.diff(dues) / 1e6  # milliseconds, mean 1
    assert len(dues) == count
    assert gaps.mean() == pytest.approx(1, rel=0.01)
    assert gaps.std() == pytest.approx(1, rel=0.01)
    assert np.quantile(gaps, 0.99) == pytest.approx(np.log(100), rel=0.02)
    # Neither the blocks nor the levels repeat one another.
    assert not np.array_equal(gaps[:1000], gaps[schedule.BLOCK : schedule.BLOCK + 1000])
    other = islice(schedule.poisson(1000, WHOLE, seed=7, level=1, count=count, duration_ns=0), 5)
    assert [due for _, due in other] != dues[:5].tolist()


def test_a_late_first_ordinal_is_reached_without_walking_the_arrivals_before_it():
    far = 10**15
    assert next(schedule.constant(1000, WHOLE, first=far, count=None, duration_ns=2 * 10**21))[0] == far
    beyond = 5 * schedule.BLOCK + 7
    late = schedule.poisson(1000, WHOLE, seed=7, level=0, first=beyond, count=beyond + 3, duration_ns=0)
    whole = schedule.poisson(1000, WHOLE, seed=7, level=0, count=beyond + 3, duration_ns=0)
    assert list(late) == list(islice(whole, beyond, None))


def test_constant_arrivals_do_not_drift():
    pairs = list(schedule.constant(3, WHOLE, count=90_001, duration_ns=0))
    assert pairs[0] == (0, 0)
    assert pairs[-1] == (90_000, 30_000 * 10**9)


@pytest.mark.parametrize("kind", ["constant", "poisson"])
def test_duration_bounds_the_due_times(kind):
    arguments = {"count": None, "duration_ns": 2 * 10**9}
    if kind == "poisson":
        arguments |= {"seed": 1, "level": 0}
    dues = [due for _, due in getattr(schedule, kind)(100, WHOLE, **arguments)]
    assert max(dues) < 2 * 10**9
    assert len(dues) == 200 if kind == "constant" else 150 < len(dues) < 250


@pytest.mark.parametrize(
    ("rate", "seconds", "cap", "wanted"),
    [
        (100, [], 10_000, 64),  # nothing is known: a second of arrivals, within reason
        (10, [], 10_000, 10),
        (0.1, [], 10_000, 4),
        (200, [2.0, 1.0, 0.5], 10_000, 480),  # 200 in flight, twice that when it gets slower, and a busy moment
        (200, [1.0], 100, 100),
        (1_000, [60.0], 10_000, 4096),
        (100, [0.0], 2, 2),
    ],
)
def test_M3_an_open_loop_has_a_connection_for_every_request_in_flight(rate, seconds, cap, wanted):
    assert demand.connections(rate, seconds, cap=cap) == wanted
