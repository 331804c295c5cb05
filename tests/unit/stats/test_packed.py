"""Packed sketches against exact order statistics, and against one another merged in other ways."""

import math
import random
import struct
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcell.stats import packed
from loadcell.stats.packed import largest, merge_each, merge_groups, pack, pack_groups, subtract
from loadcell.stats.quantiles import nearest_rank
from loadcell.stats.sketch import ACCURACY, MAX_BUCKET, bucket_counts

values = st.one_of(
    st.just(0.0), st.floats(1e-3, 1e11), st.floats(1e-300, 1e150), st.integers(-5, 10**9).map(float)
)
lists = st.lists(values, max_size=40)
shares = st.sampled_from([0.01, 0.07, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0])


def near(buckets: list[int], counts: list[int], zero_count: int = 0) -> bytes:
    """The layout of a sketch whose buckets are near each other, written once more by hand."""
    distances = [after - before for before, after in pairwise([*buckets[:1], *buckets])]
    number, kind = (3, "B") if max(counts, default=0) < 2**8 else (4, "H")
    head = struct.pack("<HHHh", number, len(buckets), zero_count, *(buckets[:1] or [0]))
    return head + bytes(distances) + struct.pack(f"<{len(counts)}{kind}", *counts)


def narrow(buckets: list[int], counts: list[int], zero_count: int = 0) -> bytes:
    """That of a sketch of 2-byte words."""
    return struct.pack(f"<HHI{len(buckets)}h{len(counts)}I", 1, len(buckets), zero_count, *buckets, *counts)


def wide(buckets: list[int], counts: list[int], zero_count: int = 0) -> bytes:
    return struct.pack(f"<IIQ{len(buckets)}i{len(counts)}Q", 2, len(buckets), zero_count, *buckets, *counts)


def merge(many: list[bytes]) -> bytes:
    return merge_each([many])[0]


@given(st.lists(lists, max_size=6))
def test_packing_groups_equals_packing_one_after_the_other(parts: list[list[float]]) -> None:
    together = [(number, group) for group, part in enumerate(parts) for number in part]
    random.Random(len(together)).shuffle(together)
    numbers, groups = [number for number, _ in together], [group for _, group in together]
    assert pack_groups(numbers, groups, len(parts)) == [pack(part) for part in parts]


@given(st.lists(lists, max_size=6))
def test_merging_equals_packing_everything_at_once(parts: list[list[float]]) -> None:
    together = pack([v for part in parts for v in part])
    assert merge([pack(part) for part in parts]) == together
    assert merge([merge([pack(part)]) for part in reversed(parts)]) == together


@given(st.lists(st.tuples(st.integers(0, 4), lists), max_size=12))
def test_merging_groups_equals_merging_one_group_after_the_other(parts: list[tuple[int, list[float]]]) -> None:
    groups = merge_groups([pack(v) for _, v in parts], [g for g, _ in parts], 5)
    quantiles = groups.quantiles([0.5, 0.99])
    for group in range(5):
        own = [pack(v) for g, v in parts if g == group]
        alone = merge_groups(own, [0] * len(own), 1)
        assert groups.pack(group) == merge(own)
        assert groups.counts[group] == alone.counts[0] == sum(len(v) for g, v in parts if g == group)
        np.testing.assert_array_equal(quantiles[group], alone.quantiles([0.5, 0.99])[0])
    each = [[pack(v) for g, v in parts if g == group] for group in range(5)]
    assert merge_each(each) == [groups.pack(group) for group in range(5)]


@given(lists.filter(bool), shares)
def test_quantiles_are_within_half_a_percent_of_nearest_rank(numbers: list[float], q: float) -> None:
    exact = max(0.0, sorted(numbers)[nearest_rank(q, len(numbers)) - 1])
    got = merge_groups([pack(numbers)], [0], 1).quantiles([q])[0, 0]
    assert got == pytest.approx(exact, rel=ACCURACY * (1 + 1e-9), abs=0)


@given(lists)
def test_buckets_are_those_of_the_sketches_on_the_wire(numbers: list[float]) -> None:
    histogram = bucket_counts(np.array(numbers))
    fits = np.abs(histogram.buckets).max(initial=0) < 2**15
    is_near = fits and np.diff(histogram.buckets).max(initial=0) < 2**8
    layout = near if is_near else narrow if fits else wide
    assert pack(numbers) == layout(histogram.buckets.tolist(), histogram.counts.tolist(), histogram.zero_count)


@given(st.lists(lists, max_size=5))
def test_the_largest_value_is_the_last_quantile_and_the_total_that_of_all_groups(parts: list[list[float]]) -> None:
    blobs = [pack(part) for part in parts]
    groups = merge_groups(blobs, range(len(blobs)), len(blobs))
    np.testing.assert_array_equal(largest(blobs), groups.quantiles([1.0])[:, 0])
    total = groups.total()
    assert [total.pack(0)] == merge_each([blobs]) if blobs else len(total.counts) == 0


def test_empty_groups_have_no_quantiles() -> None:
    groups = merge_groups([pack([]), pack([3.0, 3.0])], [0, 2], 4)
    assert groups.counts.tolist() == [0, 0, 2, 0]
    assert np.isnan(groups.quantiles([0.5, 1.0])).tolist() == [[True] * 2, [True] * 2, [False] * 2, [True] * 2]
    assert merge_groups([], [], 0).quantiles([0.5]).shape == (0, 1)
    assert merge([]) == pack([]) == groups.pack(3)


def test_groups_beyond_the_bound_of_the_table_are_merged_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(5)
    blobs, index = [pack(rng.exponential(1000, 20)) for _ in range(60)], rng.integers(0, 17, 60)
    at_once = merge_groups(blobs, index, 17)
    monkeypatch.setattr(packed, "_TABLE_CELLS", 0)
    sorted_instead = merge_groups(blobs, index, 17)
    assert [at_once.pack(g) for g in range(17)] == [sorted_instead.pack(g) for g in range(17)]


def test_words_are_as_wide_as_the_numbers_need() -> None:
    most = 2**32 - 1
    once, twice = narrow([-5, 7], [most, 1], most), merge([narrow([-5, 7], [most, 1], most)] * 2)
    assert merge([once]) == once
    assert twice == wide([-5, 7], [2 * most, 2], 2 * most)
    assert merge([once, twice]) == wide([-5, 7], [3 * most, 3], 3 * most)


@pytest.mark.parametrize(
    ("buckets", "counts", "zero_count", "written"),
    [
        ([], [], 2**16 - 1, near),
        ([], [], 2**16, narrow),
        ([3], [255], 1, near),
        ([-1_000, -745, 255], [1, 255, 2], 0, narrow),
        ([-1_000, -745, -490], [1, 256, 65_535], 0, near),
        ([-1_000, -745, -489], [1, 1, 1], 0, narrow),
        ([-1_000, -745], [1, 65_536], 0, narrow),
        ([MAX_BUCKET - 3, MAX_BUCKET], [1, 1], 0, wide),
        ([-(2**15) + 1, -(2**15) + 256], [7, 1], 3, near),
    ],
)
def test_a_sketch_is_written_in_as_few_bytes_as_its_numbers_allow(buckets, counts, zero_count, written):
    blob = written(buckets, counts, zero_count)
    assert merge([wide(buckets, counts, zero_count)]) == blob
    assert merge([blob]) == blob


def test_sketches_of_all_formats_are_read_in_one_go() -> None:
    layouts = [near, narrow, wide]
    contents = [
        ([], [], 5),
        ([-7, 3, 9], [1, 300, 2], 70),
        ([4], [255], 0),
        ([], [], 0),
        ([9, 200], [400, 65_535], 1),
    ]
    blobs = [layout(*content) for content in contents for layout in layouts]
    groups = merge_groups(blobs, range(len(blobs)), len(blobs))
    for number, (buckets, counts, zero_count) in enumerate(content for content in contents for _ in layouts):
        assert groups.pack(number) == near(buckets, counts, zero_count)
        assert groups.counts[number] == sum(counts) + zero_count
    np.testing.assert_array_equal(largest(blobs), groups.quantiles([1.0])[:, 0])


@given(st.sampled_from([1, 2, 3, 4]), st.integers(0, 4), st.data())
def test_any_contents_of_a_header_are_read_or_refused(number: int, size: int, data: st.DataObject) -> None:
    head, each = {1: ("<HH", 6), 2: ("<II", 12), 3: ("<HH", 2), 4: ("<HH", 3)}[number]
    rest = size * each + (8 if number == 2 else 4)
    blob = struct.pack(head, number, size) + data.draw(st.binary(min_size=rest, max_size=rest))
    try:
        again = merge([blob])
    except ValueError:
        return
    assert merge([again]) == again


@given(st.lists(st.tuples(st.lists(lists, max_size=3), st.sampled_from([narrow, wide])), max_size=6))
def test_sketches_of_all_formats_merge(parts: list[tuple[list[list[float]], Any]]) -> None:
    def written(numbers: list[float], layout: Any) -> bytes:
        histogram = bucket_counts(np.array(numbers))
        fits = np.abs(histogram.buckets).max(initial=0) < 2**15
        how = layout if fits else wide
        return how(histogram.buckets.tolist(), histogram.counts.tolist(), histogram.zero_count)

    blobs = [written(numbers, layout) for several, layout in parts for numbers in several]
    packed_ones = [pack(numbers) for several, _ in parts for numbers in several]
    assert merge([*blobs, *packed_ones]) == merge([*packed_ones, *packed_ones])


def test_ranks_are_exact_for_counts_beyond_the_precision_of_floats() -> None:
    half = 2**59 + 1
    groups = merge_groups([wide([100, 200], [half, half])], [0], 1)
    below, above = groups.quantiles([0.5, math.nextafter(0.5, 1)])[0]
    assert below == pytest.approx(1.01005**100, rel=0.01)
    assert above == pytest.approx(1.01005**200, rel=0.01)


@given(st.data(), st.lists(st.floats(1e-3, 1e11), min_size=1, max_size=20))
def test_bytes_that_are_cut_off_are_refused(data: st.DataObject, numbers: list[float]) -> None:
    blob = pack(numbers)
    cut = data.draw(st.integers(0, len(blob) - 1))
    with pytest.raises(ValueError, match="sketch"):
        merge([pack([1.0]), blob[:cut]])


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(blob: bytes) -> None:
    try:
        again = merge([blob])
    except ValueError:
        return
    assert merge([again]) == again


@pytest.mark.parametrize(
    "blob",
    [
        narrow([1], [1]) + b"\0\0",
        struct.pack("<HHI", 5, 0, 0),
        struct.pack("<HHHh", 3, 1, 0, 7) + bytes([1, 1]),
        struct.pack("<HHHh", 3, 2, 0, 7) + bytes([0, 0, 1, 1]),
        struct.pack("<HHHh", 3, 2, 0, 7) + bytes([0, 1, 0, 1]),
        struct.pack("<HHHh", 3, 2, 0, 7) + bytes([0, 1, 1]),
        struct.pack("<HHHh", 4, 1, 0, 7) + bytes([0, 1]),
        struct.pack("<HHHh", 3, 1_000, 0, 2**15 - 1) + bytes([0, *[255] * 999]) + bytes([1]) * 1_000,
        narrow([2, 1], [1, 1]),
        narrow([1, 1], [1, 1]),
        narrow([1], [0]),
        wide([1], [2**63]),
        wide([], [], 2**63),
        wide([MAX_BUCKET + 1], [1]),
        wide([-(2**31)], [1]),
        struct.pack("<II", 2, 2**32 - 1) + bytes(12),
    ],
)
def test_corrupt_bytes_are_refused(blob: bytes) -> None:
    with pytest.raises(ValueError, match="sketch"):
        merge([blob])


def test_counts_that_would_overflow_are_refused() -> None:
    for blob in (wide([1], [2**61]), wide([], [], 2**61)):
        with pytest.raises(ValueError, match="count"):
            merge([blob] * 8)


@pytest.mark.parametrize("index", [[0], [0, 2], [-1, 0]])
def test_group_numbers_must_fit(index: list[int]) -> None:
    with pytest.raises(ValueError, match="group"):
        merge_groups([pack([1.0])] * 2, index, 2)


@pytest.mark.parametrize("q", [0.0, 1.1, -1.0, math.nan])
def test_quantiles_outside_their_range_are_refused(q: float) -> None:
    with pytest.raises(ValueError, match="quantile"):
        merge_groups([], [], 1).quantiles([q])


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_values_that_are_not_finite_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        pack([1.0, value])


@given(st.lists(values, max_size=30), st.lists(values, max_size=30))
def test_what_was_merged_can_be_taken_out_again(kept: list[float], taken: list[float]) -> None:
    assert subtract(merge([pack(kept), pack(taken)]), pack(taken)) == pack(kept)


@pytest.mark.parametrize("more", [[1.0, 1.0], [2.0], [0.0], [1.0, 5.0]])
def test_what_is_not_in_a_sketch_is_not_taken_out(more: list[float]) -> None:
    with pytest.raises(ValueError, match="not in it"):
        subtract(pack([1.0, 3.0]), pack(more))
