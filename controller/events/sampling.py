"""Which of the stored requests are told of: a few a second, spread over what was stored."""

from __future__ import annotations

import numpy as np

from controller.trace_ids import RequestKey
from loadcell.stats.columns import SampleArrays

TRACES_PER_SECOND = 20


class TraceSampler:
    """Chooses at most TRACES_PER_SECOND requests in any second. Pure: the time is an argument."""

    def __init__(self) -> None:
        self._left = float(TRACES_PER_SECOND)
        self._filled_at = 0.0

    def choose(
        self, run_key: int, level: int, lease_key: int, samples: SampleArrays, now: float
    ) -> list[RequestKey]:
        """Return the keys of some requests of a batch; `now` is in seconds of a monotonic clock."""
        grown = self._left + (now - self._filled_at) * TRACES_PER_SECOND
        self._left, self._filled_at = min(float(TRACES_PER_SECOND), grown), now
        count = min(int(self._left), len(samples))
        if count == 0:
            return []
        self._left -= count
        rows = np.linspace(0, len(samples) - 1, count, dtype=np.int64)
        warmups, ordinals = samples.warmup[rows].tolist(), samples.ordinal[rows].tolist()
        return [
            RequestKey(run_key, level, warmup, ordinal, lease_key)
            for warmup, ordinal in zip(warmups, ordinals, strict=True)
        ]
