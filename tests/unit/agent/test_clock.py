import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.clock import OffsetEstimator
from loadcell.clock import AnchoredClock


def test_offset_is_unknown_before_the_first_reply():
    assert OffsetEstimator().best is None


@given(
    offset=st.integers(-(10**12), 10**12),
    delays=st.lists(st.tuples(*[st.integers(0, 10**6)] * 3), min_size=1, max_size=32),
)
def test_true_offset_lies_within_the_uncertainty_of_the_shortest_round_trip(offset, delays):
    estimator = OffsetEstimator()
    for up, stay, down in delays:
        sent = 10**15
        received_there = sent - offset + up
        sent_there = received_there + stay
        estimator.add(
            sent=sent,
            controller_received=received_there,
            controller_sent=sent_there,
            received=sent_there + offset + down,
        )
    best = estimator.best
    assert abs(best.micros - offset) <= best.uncertainty_micros
    assert best.uncertainty_micros == min(up + down for up, _, down in delays) / 2 + 1


def test_reply_across_a_step_of_a_clock_is_ignored():
    estimator = OffsetEstimator()
    estimator.add(sent=1000, controller_received=10, controller_sent=20, received=500)
    assert estimator.best is None


@pytest.mark.parametrize("step", [-3_600_000_000, 50_000, 3_600_000_000])
def test_quick_replies_from_before_a_jump_of_the_offset_no_longer_count(step):
    estimator = OffsetEstimator()

    def reply(offset: int, travel: int) -> None:
        estimator.add(
            sent=10**15,
            controller_received=10**15 - offset + travel,
            controller_sent=10**15 - offset + travel,
            received=10**15 + 2 * travel,
        )

    reply(0, 10)
    reply(0, 20_000)  # slower, and true of the same offset
    assert estimator.best.micros == 0
    assert estimator.best.uncertainty_micros == 11
    reply(step, 500)
    assert estimator.best.micros == step
    assert estimator.best.uncertainty_micros == 501


def test_clock_converts_to_monotonic_time_and_back():
    clock, now = AnchoredClock(), time.monotonic_ns()
    assert abs(clock.monotonic_ns(clock.at(now)) - now) < 2000
    assert abs(clock.micros() * 1000 - time.time_ns()) < 10**9
