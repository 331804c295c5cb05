"""What a sample of n requests says about the share of good ones among all there could be."""

from __future__ import annotations

import math

from loadcell.stats.intervals import EXACT_UP_TO, binomial_cdf


def confidence_above(good: int, total: int, share: float) -> float:
    """Return the confidence, 0 to 1, that more than `share` (0 to 1) of all requests are good.

    It is one less the p-value of the exact binomial test: P(B < good) for B binomial(total, share), by the normal
    approximation with continuity correction where the sum would be long. 50 good requests of 50 say with a
    confidence of 92 % that more than 95 % are good, 200 of 200 with 99.996 %. No sample can say that all are good.

    Raises:
        ValueError: There are no requests, the good ones are not between 0 and all, or the share is none.
    """
    if not 0 <= good <= total or not total or not 0 < share <= 1:
        raise ValueError(f"{good} of {total} say nothing about a share of {share}")
    if good == 0 or share == 1:
        return 0.0
    if total <= EXACT_UP_TO:
        return min(1.0, float(binomial_cdf(share, total)[good - 1]))
    deviation = math.sqrt(total * share * (1 - share))
    return 0.5 * math.erfc((total * share - good + 0.5) / (deviation * math.sqrt(2)))
