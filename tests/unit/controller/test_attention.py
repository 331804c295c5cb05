"""Agents are not lost because the controller itself stood still."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from controller.dispatch.attention import MOST_SECONDS, PULSE_SECONDS, Attention
from controller.dispatch.sessions import Sessions


class Clock:
    """A monotonic clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def listening(attention: Attention, clock: Clock, seconds: float) -> None:
    """Let time go by with an event loop that turns."""
    for _ in range(round(seconds / PULSE_SECONDS)):
        clock.now += PULSE_SECONDS
        attention.pulse()


def test_the_silence_of_an_agent_is_counted_while_the_controller_listens() -> None:
    clock = Clock()
    sessions = Sessions(lease_seconds=1.0)
    sessions.attention = Attention(clock)
    sessions.expect("a")
    listening(sessions.attention, clock, 0.9)
    assert not sessions.lost("a")
    listening(sessions.attention, clock, 0.2)
    assert sessions.lost("a")


def test_a_controller_that_stood_still_holds_nobody_for_lost() -> None:
    clock = Clock()
    sessions = Sessions(lease_seconds=1.0)
    sessions.attention = Attention(clock)
    sessions.expect("a")
    clock.now += 3_600.0
    assert not sessions.lost("a"), "looked at before the first pulse"
    sessions.attention.pulse()
    assert not sessions.lost("a")
    listening(sessions.attention, clock, 1.0)
    assert sessions.lost("a"), "it stayed silent when it was listened to again"


def test_once_it_has_ended_nobody_is_lost_any_more() -> None:
    clock = Clock()
    sessions = Sessions(lease_seconds=1.0)
    sessions.attention = Attention(clock)
    sessions.expect("a")
    listening(sessions.attention, clock, 0.9)
    sessions.attention.end()
    listening(sessions.attention, clock, 3_600.0)
    assert not sessions.lost("a")


@given(st.lists(st.floats(min_value=0.0, max_value=10.0), max_size=50))
def test_it_goes_on_but_never_faster_than_time(steps: list[float]) -> None:
    clock = Clock()
    attention = Attention(clock)
    seen = 0.0
    for step in steps:
        clock.now += step
        at_most = seen + min(step, MOST_SECONDS)
        assert seen <= attention.seconds() <= at_most + 1e-9
        attention.pulse()
        seen = attention.seconds()
