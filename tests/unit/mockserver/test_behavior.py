import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcell.mockserver.behavior import Behavior, Fault, due_seconds, fault_of


def test_the_same_seed_fails_the_same_requests():
    first = Behavior(server_error_rate=0.3, seed=7)
    again = Behavior(server_error_rate=0.3, seed=7)
    other = Behavior(server_error_rate=0.3, seed=8)
    fates = [fault_of(first, ordinal) for ordinal in range(200)]
    assert fates == [fault_of(again, ordinal) for ordinal in range(200)]
    assert fates != [fault_of(other, ordinal) for ordinal in range(200)]


def test_rates_are_reached_and_do_not_overlap():
    behavior = Behavior(server_error_rate=0.1, rate_limit_rate=0.2, truncate_rate=0.3)
    fates = [fault_of(behavior, ordinal) for ordinal in range(20_000)]
    for fault, rate in ((Fault.SERVER_ERROR, 0.1), (Fault.RATE_LIMIT, 0.2), (Fault.TRUNCATE, 0.3)):
        assert fates.count(fault) / 20_000 == pytest.approx(rate, abs=0.015)
    assert fates.count(Fault.NONE) / 20_000 == pytest.approx(0.4, abs=0.015)


def test_a_rate_of_one_hits_every_request():
    assert {fault_of(Behavior(empty_rate=1.0), ordinal) for ordinal in range(1000)} == {Fault.EMPTY}


@given(st.integers(0, 10_000), st.floats(0, 1), st.integers(0, 2**31))
def test_times_never_decrease_and_never_drift(ordinal: int, jitter: float, seed: int):
    behavior = Behavior(ttft_ms=100, itl_ms=20, jitter=jitter, seed=seed)
    times = [due_seconds(behavior, ordinal, event) for event in range(50)]
    assert times == sorted(times)
    assert 0.1 * (1 - jitter) <= times[0] <= 0.1 * (1 + jitter) + 1e-9
    for event, time in enumerate(times[1:], 1):
        assert time - times[0] == pytest.approx(event * 0.02, abs=0.01 * jitter + 1e-9)


@pytest.mark.parametrize(
    ("name", "value"),
    [("jitter", 1.5), ("truncate_rate", -0.1), ("ttft_ms", -1), ("output_tokens", 0), ("models", ())],
)
def test_values_without_meaning_are_refused(name: str, value: object):
    with pytest.raises(ValueError, match=name):
        Behavior(**{name: value})  # type: ignore[arg-type]


def test_rates_above_one_together_are_refused():
    with pytest.raises(ValueError, match="add up"):
        Behavior(stall_rate=0.6, reset_rate=0.6)
