"""However much is stored, few requests a second are told of."""

from __future__ import annotations

import numpy as np

from controller.events.sampling import TRACES_PER_SECOND, TraceSampler
from loadcell.stats.columns import SampleArrays


def samples(count: int) -> SampleArrays:
    columns = dict.fromkeys(SampleArrays.__dataclass_fields__, np.zeros(count, np.int64))
    columns |= {"ordinal": np.arange(count, dtype=np.int64) * 3, "tpot_micros": np.zeros(count)}
    return SampleArrays(**columns)


def test_no_more_than_the_rate_in_any_stretch_of_time():
    sampler, chosen = TraceSampler(), []
    for step in range(200):
        now = 100 + step / 10
        chosen += [now] * len(sampler.choose(1, 2, 3, samples(500), now))
    assert len(chosen) <= TRACES_PER_SECOND * (20 + 1)
    assert len(chosen) >= TRACES_PER_SECOND * 19
    for start in chosen:
        # What was saved up in a second may be spent at once.
        assert sum(start <= at < start + 1 for at in chosen) <= 2 * TRACES_PER_SECOND


def test_requests_are_spread_over_a_batch_and_named_by_their_keys():
    keys = TraceSampler().choose(1, 2, 3, samples(500), 100.0)
    assert len(keys) == TRACES_PER_SECOND
    assert keys[0] == (1, 2, 0, 0, 3)
    assert keys[-1] == (1, 2, 0, 499 * 3, 3)
    assert len(set(keys)) == len(keys)


def test_every_request_of_a_small_batch():
    sampler = TraceSampler()
    assert [key.ordinal for key in sampler.choose(1, 0, 1, samples(3), 100.0)] == [0, 3, 6]
    assert sampler.choose(1, 0, 1, samples(0), 100.0) == []
