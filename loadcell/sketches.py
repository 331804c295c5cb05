"""Histograms to and from their message on the wire."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from loadcell.stats.sketch import ACCURACY, MAX_BUCKET, Histogram, merge
from loadcell.v1 import sample_pb2


def to_message(metric: str, histogram: Histogram) -> sample_pb2.Sketch:
    """Return the message of a histogram of the metric named ("itl", "icl", "read_delay", ...)."""
    return sample_pb2.Sketch(
        metric=metric,
        accuracy=ACCURACY,
        zero_count=histogram.zero_count,
        bucket_deltas=np.diff(histogram.buckets, prepend=0).tolist(),
        bucket_counts=histogram.counts.tolist(),
        sum=histogram.sum,
        sum_squares=histogram.sum_squares,
        min=histogram.min,
        max=histogram.max,
    )


def from_message(sketch: sample_pb2.Sketch) -> Histogram:
    """Return the histogram of a message.

    Raises:
        ValueError: The message does not describe a histogram of this accuracy. It came over the network, so a
            bucket number out of range must not decide how much memory is taken.
    """
    buckets = np.cumsum(np.asarray(sketch.bucket_deltas, np.int64))
    counts = np.asarray(sketch.bucket_counts, np.int64)
    if sketch.accuracy != ACCURACY:
        raise ValueError(f"sketch {sketch.metric!r} has accuracy {sketch.accuracy}, not {ACCURACY}")
    if len(buckets) != len(counts):
        raise ValueError(f"sketch {sketch.metric!r} has {len(buckets)} buckets but {len(counts)} counts")
    if len(buckets) and (np.abs(buckets).max() > MAX_BUCKET or (np.diff(buckets) <= 0).any()):
        raise ValueError(f"sketch {sketch.metric!r} has buckets out of range or out of order")
    if sketch.zero_count < 0 or (len(counts) and counts.min() <= 0):
        raise ValueError(f"sketch {sketch.metric!r} has counts that are not positive")
    if not all(math.isfinite(v) for v in (sketch.sum, sketch.sum_squares, sketch.min, sketch.max)):
        raise ValueError(f"sketch {sketch.metric!r} has sums that are not finite")
    return Histogram(
        zero_count=sketch.zero_count,
        buckets=buckets,
        counts=counts,
        sum=round(sketch.sum),
        sum_squares=round(sketch.sum_squares),
        min=sketch.min,
        max=sketch.max,
    )


def merge_by_metric(sketches: Iterable[sample_pb2.Sketch]) -> dict[str, Histogram]:
    """Return one histogram for each metric among the messages. Raises ValueError like `from_message`."""
    parts: defaultdict[str, list[Histogram]] = defaultdict(list)
    for sketch in sketches:
        parts[sketch.metric].append(from_message(sketch))
    return {metric: merge(histograms) for metric, histograms in parts.items()}
