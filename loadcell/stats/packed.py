"""Sketches packed for the database, so that thousands of them merge at once.

The buckets are those of `loadcell.stats.sketch`: a quantile is wrong by at most 0.5 % of its value. The bytes are
those of `loadcell.stats.packed_bytes`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from loadcell.stats.columns import Floats, Ints
from loadcell.stats.packed_bytes import read_sketches, write_sketch
from loadcell.stats.sketch import GAMMA, MAX_BUCKET, bucket_counts, bucket_numbers

# Sums of counts are int64; nobody ever measures as many values.
_MAX_COUNT = 2**62
# 32 MiB: 1,200 groups of values that differ by a factor of 10^15.
_TABLE_CELLS = 2**22
_NOTHING = np.zeros(0, np.int64)
_LOG_GAMMA = math.log(GAMMA)


@dataclass(frozen=True, slots=True, eq=False)
class GroupedSketches:
    """Sketches merged by group. Entries are sorted by group, then bucket, each pair once.

    `zero_counts` (one per group) counts values at or below zero; `starts` has the first entry of each group and,
    at its end, the number of entries; `cumulated` adds up the counts of all entries, across groups, from 0.
    """

    zero_counts: Ints
    starts: Ints
    buckets: Ints
    cumulated: Ints

    @property
    def counts(self) -> Ints:
        """Number of values of each group."""
        ends: Ints = self.cumulated[self.starts]
        return self.zero_counts + np.diff(ends)

    def quantiles(self, q: ArrayLike) -> Floats:
        """Return the q-quantiles (each 0 < q <= 1) by nearest rank, shape (groups, len(q)), NaN for empty groups.

        Raises:
            ValueError: A q is outside (0, 1].
        """
        shares = np.atleast_1d(np.asarray(q, np.float64))
        if not ((shares > 0) & (shares <= 1)).all():
            raise ValueError(f"quantiles must be above 0 and at most 1, got {shares.tolist()}")
        counts = self.counts
        answer = np.full((len(counts), len(shares)), np.nan)
        filled = np.flatnonzero(counts)
        before = self.cumulated[self.starts[filled]]
        for column, share in enumerate(shares.tolist()):
            beyond_zeros = _nearest_ranks(share, counts[filled]) - self.zero_counts[filled]
            positive = beyond_zeros > 0
            # Counts are above zero, so `cumulated` ascends strictly and a rank of a group stays in its entries.
            entries = np.searchsorted(self.cumulated, (before + beyond_zeros)[positive]) - 1
            answer[filled, column] = 0.0
            answer[filled[positive], column] = _middle(self.buckets[entries])
        return answer

    def total(self) -> GroupedSketches:
        """Return the sketch of all groups together, as the only group; of no groups, none."""
        count = min(len(self.zero_counts), 1)
        lowest = int(self.buckets.min(initial=MAX_BUCKET))
        span = max(1, int(self.buckets.max(initial=-MAX_BUCKET)) - lowest + 1)
        sums = np.zeros(span, np.int64)
        np.add.at(sums, self.buckets - lowest, np.diff(self.cumulated))
        used = np.flatnonzero(sums)
        return GroupedSketches(
            zero_counts=np.full(count, self.zero_counts.sum()),
            starts=np.array([0, len(used)][: count + 1]),
            buckets=used + lowest,
            cumulated=np.concatenate(([0], np.cumsum(sums[used]))),
        )

    def pack(self, group: int) -> bytes:
        """Return the merged sketch of one group."""
        entries = slice(int(self.starts[group]), int(self.starts[group + 1]))
        counts = np.diff(self.cumulated[entries.start : entries.stop + 1])
        return write_sketch(int(self.zero_counts[group]), self.buckets[entries], counts)


def pack(values: ArrayLike) -> bytes:
    """Return the packed sketch of values (finite, below 1e154); values at or below zero count as zero.

    Raises:
        ValueError: A value is not finite or too large.
    """
    histogram = bucket_counts(np.asarray(values, np.float64))
    return write_sketch(histogram.zero_count, histogram.buckets, histogram.counts)


def pack_groups(values: ArrayLike, group_index: ArrayLike, group_count: int) -> list[bytes]:
    """Return the packed sketch of the values of each group, as `pack` would; a group without values is empty.

    Args:
        values: Of all groups, finite and below 1e154; those at or below zero count as zero.
        group_index: The group of each, 0 to `group_count` - 1.
        group_count: Number of groups.
    """
    found, groups = np.asarray(values, np.float64), np.asarray(group_index, np.int64)
    positive = found > 0
    zeros = np.bincount(groups[~positive], minlength=group_count)
    buckets = bucket_numbers(found[positive])
    lowest = int(buckets.min(initial=MAX_BUCKET))
    span = max(1, int(buckets.max(initial=-MAX_BUCKET)) - lowest + 1)
    used, counts = _tally(
        groups[positive] * span + buckets - lowest, np.ones(len(buckets), np.int64), group_count * span
    )
    merged = _grouped(zeros, used, counts, lowest, span)
    return [merged.pack(number) for number in range(group_count)]


def merge_each(groups: Sequence[Sequence[bytes]]) -> list[bytes]:
    """Return the packed sketch of all values of each group of sketches. Raises ValueError like `merge_groups`."""
    owners = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    merged = merge_groups([sketch for group in groups for sketch in group], owners, len(groups))
    return [merged.pack(number) for number in range(len(groups))]


def subtract(whole: bytes, part: bytes) -> bytes:
    """Return the packed sketch of the values of one sketch without those of another, which must be among them.

    Raises:
        ValueError: Bytes are no packed sketch, or values of the part are not in the whole.
    """
    left, right = merge_groups([whole], [0], 1), merge_groups([part], [0], 1)
    counts = np.diff(left.cumulated)
    at = np.searchsorted(left.buckets, right.buckets)
    zeros = int(left.zero_counts[0] - right.zero_counts[0])
    if zeros < 0 or not np.array_equal(left.buckets[at[at < len(counts)]], right.buckets):
        raise ValueError("what is to be taken out of a sketch is not in it")
    counts[at] -= np.diff(right.cumulated)
    if counts.min(initial=0) < 0:
        raise ValueError("what is to be taken out of a sketch is not in it")
    return write_sketch(zeros, left.buckets[counts > 0], counts[counts > 0])


def largest(blobs: Sequence[bytes]) -> Floats:
    """Return the largest value of each packed sketch, NaN for empty ones. Raises like `merge_groups`."""
    answer = np.full(len(blobs), np.nan)
    for which, sketches in read_sketches(blobs):
        filled = sketches.sizes > 0
        answer[which] = np.where(sketches.zero_counts > 0, 0.0, np.nan)
        answer[which[filled]] = _middle(sketches.buckets[np.cumsum(sketches.sizes)[filled] - 1])
    return answer


def merge_groups(blobs: Sequence[bytes], group_index: ArrayLike, group_count: int) -> GroupedSketches:
    """Merge packed sketches by group.

    Memory is bounded by the bytes given and the number of groups, whatever values the sketches stand for.

    Args:
        blobs: Packed sketches.
        group_index: The group of each, 0 to `group_count` - 1.
        group_count: Number of groups; groups without a sketch are empty.

    Raises:
        ValueError: Bytes are no packed sketch, or a group number is missing or out of range.
    """
    groups = np.asarray(group_index, np.int64)
    if len(groups) != len(blobs):
        raise ValueError(f"{len(blobs)} sketches have {len(groups)} group numbers")
    if len(groups) and not 0 <= groups.min() <= groups.max() < group_count:
        raise ValueError(f"group numbers must be 0 to {group_count - 1}")
    zeros = np.zeros(group_count, np.int64)
    total = 0.0
    parts = list(read_sketches(blobs))
    filled = [sketches.buckets for _, sketches in parts if len(sketches.buckets)]
    lowest = min((int(buckets.min()) for buckets in filled), default=0)
    span = max((int(buckets.max()) for buckets in filled), default=lowest) - lowest + 1
    keys, counts = [_NOTHING], [_NOTHING]
    for which, sketches in parts:
        total += float(sketches.zero_counts.sum(dtype=np.float64) + sketches.counts.sum(dtype=np.float64))
        np.add.at(zeros, groups[which], sketches.zero_counts)
        keys.append(np.repeat(groups[which] * span - lowest, sketches.sizes) + sketches.buckets)
        counts.append(sketches.counts)
    if total >= _MAX_COUNT:
        raise ValueError(f"sketches count {_MAX_COUNT} values or more")
    used, sums = _tally(_joined(keys), _joined(counts), group_count * span)
    return _grouped(zeros, used, sums, lowest, span)


def _grouped(zeros: Ints, used: Ints, counts: Ints, lowest: int, span: int) -> GroupedSketches:
    """Return sketches of the counts of some keys, each its group times `span` and its bucket above `lowest`."""
    firsts = np.arange(len(zeros) + 1) * span
    starts = np.searchsorted(used, firsts)
    return GroupedSketches(
        zero_counts=zeros,
        starts=starts,
        buckets=used - np.repeat(firsts[:-1], np.diff(starts)) + lowest,
        cumulated=np.concatenate(([0], np.cumsum(counts))),
    )


def _joined(parts: Sequence[Ints]) -> Ints:
    """Return parts, the first of which is empty, as one. Nearly always there is one more: nothing is copied."""
    return parts[-1] if len(parts) <= 2 else np.concatenate(parts)


def _tally(keys: Ints, counts: Ints, end: int) -> tuple[Ints, Ints]:
    """Return the different keys, all below `end`, in ascending order, each with the sum of its counts."""
    if end <= _TABLE_CELLS:
        # Counting into a table of groups by buckets is several times as fast as sorting.
        table = np.zeros(end, np.int64)
        np.add.at(table, keys, counts)
        used = np.flatnonzero(table > 0)
        return used, table[used]
    used, positions = np.unique(keys, return_inverse=True)
    sums = np.zeros(len(used), np.int64)
    np.add.at(sums, positions, counts)
    return used, sums


def _nearest_ranks(q: float, counts: Ints) -> Ints:
    """Return `quantiles.nearest_rank` of every count >= 1, in whole numbers of any size as there."""
    share = Fraction(str(q))
    largest = max(share.numerator * int(counts.max(initial=0)), share.denominator)
    # Numbers of Python where one could be too large: they take many times as long.
    whole = counts if largest < _MAX_COUNT else counts.astype(object)
    ranks: Ints = (-(-whole * share.numerator // share.denominator)).astype(np.int64)
    return ranks


def _middle(buckets: Ints) -> Floats:
    """Return the value that stands for every value of its bucket."""
    values: Floats = np.exp(buckets * _LOG_GAMMA + math.log(2 / (1 + GAMMA)))
    return values
