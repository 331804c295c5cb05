"""Confidence intervals of rates, by batch means.

Events that follow one another are not independent, so their scatter says little of that of their rate. But when
the window is cut into slices that are long beside a request, the rates of the slices nearly are, and Student's t
gives the interval of their mean (Law, "Simulation Modeling and Analysis", 5th ed. 2015, section 9.5; ten to thirty
slices: Schmeiser, "Batch Size Effects in the Analysis of Simulation Output", Operations Research 30, 1982).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from loadcell.stats.columns import OK, Mask, SampleArrays
from loadcell.stats.intervals import Interval
from loadcell.stats.quantiles import quantile
from loadcell.stats.window import STEADY, MeasuredWindow, end_offsets

FEWEST, MOST = 10, 20  # slices
_COMPLETIONS = 5  # of a slice, on average
# 97.5 % quantiles of Student's t by degrees of freedom, that is slices less one.
_T = dict(
    zip(
        range(FEWEST - 1, MOST),
        (2.2622, 2.2281, 2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930),
        strict=True,
    )
)


def rate_interval(
    rate: float | None,
    rows: SampleArrays,
    window: MeasuredWindow,
    rate_in: Callable[[MeasuredWindow], float | None],
) -> Interval | None:
    """Return the 95 % confidence interval of a rate, per second.

    None where there is no steady state, or it is too short: a slice must be as long as 95 % of the requests, and
    have five completions on average.

    Args:
        rate: The rate in the window.
        rows: Measured requests of the level.
        window: Where the rate is counted.
        rate_in: The rate in a part of the window.
    """
    served: Mask = rows.status == OK
    ends = end_offsets(rows)[served]
    return interval_of_rate(
        rate,
        window,
        rate_in,
        longest_micros=quantile(np.sort(rows.e2e_micros[served].astype(np.float64)), 0.95),
        completions=int(((ends >= window.start_micros) & (ends <= window.end_micros)).sum()),
    )


def interval_of_rate(
    rate: float | None,
    window: MeasuredWindow,
    rate_in: Callable[[MeasuredWindow], float | None],
    *,
    longest_micros: float | None,
    completions: int,
) -> Interval | None:
    """Return the same where only is known how long 95 % of the requests took at most, and how many ended."""
    slices = _slices(window, longest_micros, completions)
    if rate is None or slices is None:
        return None
    rates = [found for part in slices if (found := rate_in(part)) is not None]
    if len(rates) < len(slices):
        return None
    half = _T[len(rates) - 1] * float(np.std(rates, ddof=1)) / len(rates) ** 0.5
    return Interval(max(0.0, rate - half), rate + half)


def _slices(window: MeasuredWindow, longest: float | None, completions: int) -> list[MeasuredWindow] | None:
    if window.kind != STEADY or longest is None:
        return None
    length = window.end_micros - window.start_micros
    count = min(MOST, int(length // max(longest, 1)), completions // _COMPLETIONS)
    if count < FEWEST:
        return None
    edges = np.linspace(window.start_micros, window.end_micros, count + 1).round().astype(np.int64).tolist()
    # Slices do not share a microsecond, and both ends of a window belong to it.
    return [
        MeasuredWindow(begin + (position > 0), end, window.kind)
        for position, (begin, end) in enumerate(pairwise(edges))
    ]
