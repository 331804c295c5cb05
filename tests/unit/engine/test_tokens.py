from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.engine.tokens import count_tokens, spread
from agent.samples.outcome import TokenSource
from agent.targets.answer import Answer

WEIGHTS = st.lists(st.integers(1, 1000), min_size=1, max_size=50)


@given(st.integers(0, 5000), WEIGHTS)
def test_dealing_tokens_to_events_is_exact(total: int, weights: list[int]) -> None:
    tokens = spread(total, weights)
    assert sum(tokens) == total
    assert len(tokens) == len(weights)
    assert min(tokens) >= (1 if total >= len(weights) else 0)
    assert tokens[0] >= (total > 0)


def test_longer_texts_get_more_of_the_surplus() -> None:
    assert spread(6, [1, 8, 1]) == [1, 4, 1]


def test_M5_without_usage_every_event_is_a_token() -> None:
    assert count_tokens(Answer(times_ns=[1, 2], weights=[9, 1])) == (2, TokenSource.EVENTS, [1, 1])


def test_nothing_counted_is_not_zero() -> None:
    assert count_tokens(Answer()) == (-1, TokenSource.NONE, [])


def test_hidden_reasoning_belongs_to_the_first_event() -> None:
    answer = Answer(times_ns=[1, 2, 3], weights=[1, 1, 1], completion_tokens=103, reasoning_tokens=100)
    assert count_tokens(answer) == (103, TokenSource.SERVER, [101, 1, 1])


def test_reasoning_that_was_streamed_is_not_hidden() -> None:
    answer = Answer(
        times_ns=[1, 2, 3], weights=[1, 1, 1], completion_tokens=3, reasoning_tokens=2, reasoning_seen=True
    )
    assert count_tokens(answer) == (3, TokenSource.SERVER, [1, 1, 1])


@given(st.integers(-5, 300), st.integers(-5, 300), WEIGHTS, st.booleans())
def test_events_always_sum_up_to_the_total(
    completion: int, reasoning: int, weights: list[int], seen: bool
) -> None:
    answer = Answer(
        times_ns=list(range(len(weights))),
        weights=weights,
        completion_tokens=completion,
        reasoning_tokens=reasoning,
        reasoning_seen=seen,
    )
    total, _, tokens = count_tokens(answer)
    assert sum(tokens) == total > 0
