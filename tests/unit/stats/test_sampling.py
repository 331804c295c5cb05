"""Which requests are in a sample."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcell.stats.sampling import chosen

ORDINALS = np.arange(200_000)


@pytest.mark.parametrize("rate", [0.001, 0.1, 0.5, 0.9])
def test_as_many_are_chosen_as_the_rate_says(rate: float) -> None:
    for seed, level in ((0, 0), (7, 0), (7, 1), (-1, 3)):
        mask = chosen(ORDINALS, seed=seed, level=level, rate=rate)
        spread = (rate * (1 - rate) / len(ORDINALS)) ** 0.5
        assert mask.mean() == pytest.approx(rate, abs=5 * spread)
        # Shares are every n-th ordinal: each must have its part.
        assert mask[3::8].mean() == pytest.approx(rate, abs=15 * spread)


@given(st.integers(-(2**63), 2**63 - 1), st.floats(0, 1), st.floats(0, 1), st.permutations(range(30)))
def test_the_choice_depends_on_the_ordinal_alone_and_grows_with_the_rate(
    seed: int, one: float, other: float, order: list[int]
) -> None:
    low, high = sorted((one, other))
    few = chosen(ORDINALS[:30], seed=seed, level=2, rate=low)
    many = chosen(ORDINALS[:30], seed=seed, level=2, rate=high)
    assert not (few & ~many).any()
    shuffled = np.array(order)
    assert (chosen(shuffled, seed=seed, level=2, rate=low) == few[shuffled]).all()


def test_everything_nothing_and_other_choices_of_other_levels_and_seeds() -> None:
    assert chosen(ORDINALS, seed=1, level=0, rate=1.0).all()
    assert not chosen(ORDINALS, seed=1, level=0, rate=0.0).any()
    first = chosen(ORDINALS, seed=1, level=0, rate=0.5)
    for seed, level in ((1, 1), (2, 0)):
        same = (chosen(ORDINALS, seed=seed, level=level, rate=0.5) == first).mean()
        assert same == pytest.approx(0.5, abs=0.01)
