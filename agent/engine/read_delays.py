"""How long received bytes waited until they were read, as a histogram in microseconds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loadcell.stats.sketch import Histogram, bucket_counts, merge


def fold(before: Histogram | None, delays_ns: Sequence[int]) -> Histogram:
    """Return a histogram with further delays in it."""
    added = bucket_counts(np.array(delays_ns, np.float64) / 1000)
    return added if before is None else merge([before, added])
