"""Which requests of a run are kept as traces, where not all of them are (decision 0012)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from controller.report.messages import objectives
from loadcell.stats.columns import ERROR, OK, Mask, SampleArrays
from loadcell.stats.goodput import Objectives
from loadcell.stats.sampling import chosen
from loadcell.v1 import result_pb2

FAILURES = 100  # of each class that are kept of a lease, beside those that are chosen


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is kept of a run: a share of its requests, 0 to 1, and what is needed to fold all of them."""

    rate: float
    seed: int
    objectives: Objectives

    def kept(self, rows: SampleArrays, level: int, failures: Counter[int]) -> Mask:
        """Return which requests of a lease are kept; `failures` counts those kept by class and is added to.

        What ended neither OK nor with an ERROR is always kept: there are never more of these than were in flight.
        """
        kept = chosen(rows.ordinal, seed=self.seed, level=level, rate=self.rate)
        kept |= (rows.status != OK) & (rows.status != ERROR)
        for number in np.unique(rows.error_class[(rows.status == ERROR) & ~kept]).tolist():
            left = max(0, FAILURES - failures[number])
            further = np.flatnonzero((rows.status == ERROR) & (rows.error_class == number) & ~kept)[:left]
            kept[further] = True
            failures[number] += len(further)
        return kept


def keeping_of(config: result_pb2.RunConfig) -> Keeping | None:
    """Return what is kept of a run, None when it is all."""
    rate = kept_share(config)
    if rate == 1.0:
        return None
    return Keeping(rate, config.seed, objectives(config.goodput_thresholds))


def kept_share(config: result_pb2.RunConfig) -> float:
    """Return the share of requests that are kept, 0 to 1; runs of earlier versions keep all."""
    if config.sketch_only:
        return 0.0
    return config.trace_sample_rate if config.HasField("trace_sample_rate") else 1.0
