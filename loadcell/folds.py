"""Folds of requests to and from their message, as the controller stores them."""

from __future__ import annotations

from collections import Counter

import numpy as np

from loadcell.sketches import from_message as sketch_of
from loadcell.sketches import to_message as sketch_message
from loadcell.stats.fold import Fold
from loadcell.stats.ticks import NO_TICKS, Ticks
from loadcell.v1 import sample_pb2


def to_message(fold: Fold) -> sample_pb2.SampleSums:
    """Return the message of a fold."""
    ticks = fold.ticks
    return sample_pb2.SampleSums(
        counts=fold.counts,
        extremes=fold.extremes,
        errors=fold.errors,
        finish_reasons=fold.finish_reasons,
        token_sources=fold.token_sources,
        sketches=[sketch_message(metric, histogram) for metric, histogram in fold.sketches.items()],
        seconds=[
            sample_pb2.SecondSketch(second=second, sketch=sketch_message(metric, histogram))
            for (metric, second), histogram in fold.seconds.items()
        ],
        ticks=np.diff(ticks.numbers, prepend=0).tolist(),
        tick_counts=ticks.counts.ravel().tolist(),
        tick_flows=ticks.flows.ravel().tolist(),
    )


def from_message(message: sample_pb2.SampleSums) -> Fold:
    """Return the fold of a message. Raises ValueError when it is corrupt."""
    numbers = np.cumsum(np.asarray(message.ticks, np.int64))
    ticks = NO_TICKS
    if len(numbers):
        ticks = Ticks(
            numbers,
            np.asarray(message.tick_counts, np.int64).reshape(len(numbers), -1),
            np.asarray(message.tick_flows, np.float64).reshape(len(numbers), -1),
        )
    return Fold(
        counts=Counter(dict(message.counts)),
        extremes=dict(message.extremes),
        errors=Counter(dict(message.errors)),
        finish_reasons=Counter(dict(message.finish_reasons)),
        token_sources=Counter(dict(message.token_sources)),
        sketches={sketch.metric: sketch_of(sketch) for sketch in message.sketches},
        seconds={(one.sketch.metric, one.second): sketch_of(one.sketch) for one in message.seconds},
        ticks=ticks,
    )
