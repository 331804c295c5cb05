import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.clock import PHI, WINDOW_MICROS, OffsetEstimator
from loadcell.clock import AnchoredClock, StepDetector


def test_offset_is_unknown_before_the_first_reply():
    assert OffsetEstimator().best(0) is None


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
    now = sent_there + offset + down
    best = estimator.best(now)
    assert abs(best.micros - offset) <= best.uncertainty_micros
    # By at most the drift of the time since then.
    assert 0 <= best.uncertainty_micros - (min(up + down for up, _, down in delays) / 2 + 1) <= PHI * 3 * 10**6


def test_reply_across_a_step_of_a_clock_is_ignored():
    estimator = OffsetEstimator()
    estimator.add(sent=1000, controller_received=10, controller_sent=20, received=500)
    assert estimator.best(500) is None


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
    now = 10**15 + 1000
    assert estimator.best(now).micros == 0
    assert 11 <= estimator.best(now).uncertainty_micros < 12
    reply(step, 500)
    assert estimator.best(now).micros == step
    assert estimator.best(now).uncertainty_micros == 501


def replied(estimator, at, offset, travel):
    """A reply that comes back at a time of the agent's clock after the same travel in both directions."""
    there = at - travel - offset
    estimator.add(sent=at - 2 * travel, controller_received=there, controller_sent=there, received=at)


def test_certainty_is_lost_at_the_rate_at_which_clocks_drift_until_a_newer_reply_says_more():
    estimator = OffsetEstimator()
    replied(estimator, 10**15, 7, 100)
    assert estimator.best(10**15).uncertainty_micros == 101
    assert estimator.best(10**15 + 10_000_000).uncertainty_micros == 101 + 150
    # A slower reply is better than a quick one of which the drift has made more.
    replied(estimator, 10**15 + 10_000_000, 60, 200)
    assert estimator.best(10**15 + 10_000_000) == estimator.best(0)
    assert estimator.best(10**15 + 10_000_000).micros == 60
    # Without any newer reply the last one is still the best there is.
    assert estimator.best(10**15 + 10 * WINDOW_MICROS).micros == 60


def test_drifting_clocks_are_followed():
    estimator, drift = OffsetEstimator(), 10e-6
    for second in range(0, 2000, 2):
        at = 10**15 + second * 1_000_000
        true = round(second * 1_000_000 * drift)
        replied(estimator, at, true, 50 if second % 20 == 0 else 5_000)
        best = estimator.best(at)
        assert abs(best.micros - true) <= best.uncertainty_micros < 400


def test_a_quick_reply_of_long_ago_does_not_count_for_ever():
    estimator = OffsetEstimator()
    replied(estimator, 10**15, 0, 10)
    later = 10**15 + WINDOW_MICROS + 1
    replied(estimator, later, 5, 50_000)
    assert estimator.best(later).micros == 5


class Machine:
    """A wall clock and a monotonic one that go as told."""

    def __init__(self):
        self.monotonic_ns = 5 * 10**9
        self.wall_ns = 1_700_000_000 * 10**9

    def pass_time(self, seconds, slew=0.0):
        self.monotonic_ns += round(seconds * 1e9)
        self.wall_ns += round(seconds * 1e9 * (1 + slew))

    def monotonic(self):
        return self.monotonic_ns

    def wall(self):
        return self.wall_ns


@pytest.mark.parametrize("step", [-3600.0, -0.01, 0.01, 86_400.0])
def test_steps_of_the_wall_clock_are_noticed_once_with_their_size(step):
    machine = Machine()
    detector = StepDetector(machine.wall, machine.monotonic)
    machine.pass_time(2)
    assert detector.look() == 0
    machine.wall_ns += round(step * 1e9)
    machine.pass_time(2)
    assert detector.look() == round(step * 1e9)
    machine.pass_time(2)
    assert detector.look() == 0
    assert detector.steps == 1


@given(slew=st.floats(-0.0004, 0.0004), seconds=st.floats(0, 3600))
def test_slewing_is_no_step(slew, seconds):
    machine = Machine()
    detector = StepDetector(machine.wall, machine.monotonic)
    machine.pass_time(seconds, slew)
    assert detector.look() == 0


def test_a_step_of_the_wall_clock_does_not_move_an_agreed_start():
    machine = Machine()
    clock = AnchoredClock(machine.wall, machine.monotonic)
    agreed = clock.micros() + 10_000_000
    due_ns = clock.monotonic_ns(agreed)
    machine.pass_time(4)
    machine.wall_ns += 3600 * 10**9
    assert clock.monotonic_ns(agreed) == due_ns == machine.monotonic_ns + 6 * 10**9
    assert clock.micros() == agreed - 6_000_000


def test_clock_converts_to_monotonic_time_and_back():
    clock, now = AnchoredClock(), time.monotonic_ns()
    assert abs(clock.monotonic_ns(clock.at(now)) - now) < 2000
    assert abs(clock.micros() * 1000 - time.time_ns()) < 10**9
