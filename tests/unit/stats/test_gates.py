"""Gates: how they are written, and what they say of two figures."""

import math
from dataclasses import FrozenInstanceError
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcell.stats.gates import HIGHER_IS_BETTER, LATENCIES, STATISTICS, Gate, check_gate, parse_gate

gates = st.builds(
    lambda figure, hundredths, unit: f"{figure[0]}:{figure[1]}{Decimal(hundredths) / 100:f}{unit}",
    st.one_of(
        st.tuples(
            st.builds("{}.{}".format, st.sampled_from(LATENCIES), st.sampled_from(STATISTICS)), st.just("+")
        ),
        st.tuples(st.sampled_from(HIGHER_IS_BETTER), st.just("-")),
        st.just(("error_rate", "+")),
    ),
    st.integers(0, 9999),
    st.sampled_from(["%", ""]),
)


@pytest.mark.parametrize(
    ("text", "gate"),
    [
        ("ttft.p99:+5%", Gate("ttft", "p99", Decimal(5), relative=True)),
        ("throughput:-3%", Gate("throughput", None, Decimal(3), relative=True)),
        ("error_rate:+0.5", Gate("error_rate", None, Decimal("0.5"), relative=False)),
        ("e2e.mean:+0", Gate("e2e", "mean", Decimal(0), relative=False)),
    ],
)
def test_gates_are_read(text: str, gate: Gate) -> None:
    assert parse_gate(text) == gate
    assert str(gate) == text
    with pytest.raises(FrozenInstanceError):
        gate.metric = "itl"  # type: ignore[misc]


@given(gates)
def test_a_gate_is_written_as_it_is_read(text: str) -> None:
    assert str(parse_gate(text)) == text


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "not written like"),
        ("ttft.p99", "not written like"),
        ("ttft.p99:5%", "not written like"),
        ("ttft.p99:+5 %", "not written like"),
        ("ttft.p99:+5%\n", "not written like"),
        ("ttft.p99:+-5%", "not written like"),
        ("ttft.p99:+1e3", "not written like"),
        ("ttft.p99:+\u0665%", "not written like"),
        ("ttft.p99:+" + "9" * 100, "not written like"),
        ("ttft:+5%", "needs a statistic of ttft, one of min"),
        ("ttft.p42:+5%", "needs a statistic of ttft, one of min"),
        ("throughput.p99:-5%", "single figure"),
        ("latency.p99:+5%", "unknown metric 'latency'; there are ttft"),
        ("throughput:+3%", r"can never be missed: throughput gets worse by falling; write throughput:-3%"),
        ("ttft.p99:-5%", r"can never be missed: ttft.p99 gets worse by rising; write ttft.p99:\+5%"),
        ("throughput:-100%", "can never be missed"),
    ],
)
def test_what_is_no_gate_is_refused_with_what_to_write(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_gate(text)


@pytest.mark.parametrize(
    ("text", "base", "current", "passed"),
    [
        ("ttft.p99:+5%", 100.0, 105.0, True),
        ("ttft.p99:+5%", 100.0, 105.000001, False),
        ("ttft.p99:+5%", 0.1, 0.105, True),
        ("ttft.p99:+5%", 100.0, 20.0, True),
        ("ttft.p99:+0%", 0.0, 0.0, True),
        ("ttft.p99:+50%", 0.0, 0.001, False),
        ("ttft.p99:+10", 100.0, 110.0, True),
        ("ttft.p99:+10", 100.0, 110.5, False),
        ("throughput:-3%", 1000.0, 970.0, True),
        ("throughput:-3%", 1000.0, 969.9, False),
        ("throughput:-3%", 1000.0, 2000.0, True),
        ("error_rate:+0.5", 0.0, 0.5, True),
        ("error_rate:+0.5", 0.1, 0.6, True),
        ("error_rate:+0.5", 0.1, 0.61, False),
    ],
)
def test_a_figure_at_the_limit_passes(text: str, base: float, current: float, passed: bool) -> None:
    outcome = check_gate(parse_gate(text), base, current)
    assert outcome.passed is passed
    assert (outcome.base, outcome.current) == (base, current)
    assert outcome.change == pytest.approx(current - base)


def test_the_outcome_says_it_with_numbers() -> None:
    outcome = check_gate(parse_gate("ttft.p99:+5%"), 100.0, 112.0)
    assert (outcome.limit, outcome.change, outcome.change_percent) == (105.0, 12.0, 12.0)
    assert outcome.sentence == "ttft.p99:+5%: missed, ttft.p99 went from 100 to 112 (+12 %), the limit is 105"
    assert check_gate(parse_gate("error_rate:+0.5"), 0.0, 0.25).sentence == (
        "error_rate:+0.5: passed, error_rate went from 0 to 0.25, the limit is 0.5"
    )


@pytest.mark.parametrize("missing", [None, math.nan, math.inf])
def test_a_figure_that_is_missing_misses_the_gate(missing: float | None) -> None:
    gate = parse_gate("ttft.p99:+5%")
    for base, current, who in ((missing, 1.0, "the base"), (1.0, missing, "the run")):
        outcome = check_gate(gate, base, current)
        assert not outcome.passed
        assert outcome.sentence == f"ttft.p99:+5%: missed, ttft.p99 is not known of {who}"
    assert check_gate(gate, missing, missing).sentence.endswith("the base and the run")


@given(gates, st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6))
def test_what_is_no_worse_passes_too(text: str, base: float, a: float, b: float) -> None:
    gate = parse_gate(text)
    better, worse = sorted((a, b), reverse=not gate.lower_is_better)
    if check_gate(gate, base, worse).passed:
        assert check_gate(gate, base, better).passed
    assert check_gate(gate, base, base).passed
