from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.samples import outcome
from agent.samples.batch import MAX_FINISH_REASONS, BatchBuilder
from agent.samples.outcome import ErrorClass, Status, TokenSource
from agent.samples.sample import Sample
from loadcell.sketches import from_message
from loadcell.stats import timeline
from loadcell.stats.sketch import Histogram, bucket_counts
from loadcell.v1 import sample_pb2

MS = 1_000_000
LEVEL = 50_000 * MS


def sample(ordinal: int = 0, *, warmup: bool = False, start: int = LEVEL, **fields: object) -> Sample:
    return Sample(ordinal, warmup, start - 2 * MS, start, 16, **fields)  # type: ignore[arg-type]


def streamed(gaps_ms: list[float], tokens: list[int] | None = None, **fields: object) -> Sample:
    """A successful stream with these gaps, the first from the start to the first event."""
    start = LEVEL + 10 * MS
    times = (start + np.cumsum(np.array(gaps_ms) * MS)).astype(np.int64).tolist()
    tokens = tokens or [1] * len(times)
    defaults = {
        "status": Status.OK,
        "first_ns": times[0],
        "first_answer_ns": times[0],
        "end_ns": times[-1],
        "completion_tokens": sum(tokens),
        "token_source": TokenSource.SERVER,
        "event_times_ns": times,
        "event_tokens": tokens,
    }
    return sample(start=start, **{**defaults, **fields})


def encode(*samples: Sample, keep_timeline: bool = True) -> sample_pb2.SampleColumns:
    builder = BatchBuilder(LEVEL, keep_timeline)
    for one in samples:
        builder.add(one)
    assert len(builder) == len(samples)
    return sample_pb2.SampleColumns.FromString(builder.encode())


def sketches(columns: sample_pb2.SampleColumns) -> dict[str, Histogram]:
    return {sketch.metric: from_message(sketch) for sketch in columns.sketches}


@pytest.mark.parametrize(
    ("ours", "theirs", "prefix"),
    [
        (outcome.Status, sample_pb2.SampleStatus, "SAMPLE_STATUS_"),
        (outcome.ErrorClass, sample_pb2.ErrorClass, "ERROR_CLASS_"),
        (outcome.TokenSource, sample_pb2.TokenSource, "TOKEN_SOURCE_"),
    ],
)
def test_the_words_for_outcomes_have_the_numbers_of_the_contract(ours: type, theirs: object, prefix: str) -> None:
    contract = {name.removeprefix(prefix): number for name, number in theirs.items()}  # type: ignore[attr-defined]
    unspecified = contract.pop("UNSPECIFIED")
    mine = {member.name: member.value for member in ours}  # type: ignore[attr-defined]
    assert mine.pop("NONE", unspecified) == unspecified
    assert mine == contract


def test_times_are_microseconds_since_the_start_of_the_level() -> None:
    columns = encode(streamed([100, 20, 20]), sample(1, start=LEVEL - 5 * MS, status=Status.ERROR, end_ns=LEVEL))
    assert columns.row_count == 2
    assert list(columns.ordinal) == [0, 1]
    assert list(columns.start_offset_micros) == [10_000, -5_000]
    assert list(columns.scheduled_offset_micros) == [8_000, -7_000]
    assert list(columns.ttft_micros) == [100_000, -1]
    assert list(columns.ttfot_micros) == [100_000, -1]
    assert list(columns.e2e_micros) == [140_000, 5_000]
    assert list(columns.event_count) == [3, 0]
    assert list(columns.first_event_tokens) == [1, -1]
    assert list(columns.requested_tokens) == [16, 16]


def test_a_column_of_defaults_is_left_empty() -> None:
    columns = encode(streamed([1]), streamed([1]))
    for name in ("warmup", "dns_micros", "connect_micros", "tls_micros", "error_class", "reused", "stall_count"):
        assert not getattr(columns, name)
    columns = encode(streamed([1]), streamed([1], connect_ns=5_000, reused=True, warmup=False))
    assert list(columns.connect_micros) == [-1, 5]
    assert list(columns.reused) == [0, 1]


def test_M15_time_per_token_leaves_out_the_tokens_of_the_first_event() -> None:
    columns = encode(
        streamed([100, 30, 30]),
        streamed([100, 30, 30], [4, 2, 1]),
        streamed([100]),
        streamed([100, 0], [1, 1]),
        streamed([100], [7]),
        sample(status=Status.OK, end_ns=LEVEL + 9 * MS, completion_tokens=9),
    )
    assert list(columns.tpot_micros) == [30_000, 20_000, -1, 0, -1, -1]


def test_M6_itl_spreads_a_gap_over_the_tokens_of_its_event() -> None:
    found = sketches(encode(streamed([100, 30, 40], [1, 3, 1])))
    assert found["icl"].count == 3
    assert found["icl"].sum == 170_000
    assert (found["itl"].count, found["itl"].sum) == (4, 70_000)
    assert (found["itl"].min, found["itl"].max) == (10_000, 40_000)


def test_the_gap_of_an_event_without_tokens_belongs_to_the_next_one() -> None:
    found = sketches(encode(streamed([100, 30, 40], [1, 0, 1])))
    assert (found["itl"].count, found["itl"].sum, found["icl"].count) == (1, 70_000, 3)


def test_only_measured_successes_are_distributed() -> None:
    columns = encode(
        streamed([1, 1], warmup=True),
        streamed([1, 1], status=Status.ERROR, error_class=ErrorClass.TRUNCATED),
        streamed([1, 1], status=Status.CANCELLED),
        sample(status=Status.OK, end_ns=LEVEL + 1),
    )
    assert not columns.sketches
    assert list(columns.warmup) == [1, 0, 0, 0]


@given(st.lists(st.lists(st.integers(0, 900_000), min_size=1, max_size=20), min_size=1, max_size=6))
def test_sketches_equal_those_of_each_request_alone(rows: list[list[int]]) -> None:
    samples = [streamed([gap / 1000 for gap in gaps]) for gaps in rows]
    together = sketches(encode(*samples))
    gaps = [float(g) for s in samples for g in np.diff([s.start_ns, *s.event_times_ns]) / 1000]
    later = [float(g) for s in samples for g in np.diff(s.event_times_ns) / 1000]
    for metric, values in (("icl", gaps), ("itl", later)):
        expected = bucket_counts(np.array(values, np.float64))
        assert together[metric].count == expected.count
        assert together[metric].buckets.tolist() == expected.buckets.tolist()
        assert together[metric].counts.tolist() == expected.counts.tolist()


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 2**20)), max_size=9).map(
            lambda events: [(gap, max(k, 1)) for gap, k in events]
        ),
        min_size=1,
        max_size=6,
    )
)
def test_a_timeline_is_read_back(rows: list[list[tuple[int, int]]]) -> None:
    samples = [
        streamed([gap / 1000 for gap, _ in row], [k for _, k in row])
        if row
        else sample(status=Status.ERROR, end_ns=LEVEL)
        for row in rows
    ]
    columns = encode(*samples)
    for data, one, ttft, e2e in zip(
        columns.timelines, samples, columns.ttft_micros, columns.e2e_micros, strict=True
    ):
        times, tokens = timeline.decode(data)
        assert tokens.tolist() == list(one.event_tokens)
        assert times.tolist() == [(t - one.start_ns) // 1000 for t in one.event_times_ns]
        if len(times):
            assert (times[0], times[-1]) == (ttft, e2e)


def test_timelines_are_left_out_when_they_are_not_kept() -> None:
    columns = encode(streamed([1, 2]), keep_timeline=False)
    assert not columns.timelines
    assert columns.sketches


@pytest.mark.parametrize(
    ("gaps_ms", "count", "longest_ms"),
    [
        ([900, 10, 10, 10], 0, 0),  # waiting for the first event is no stall
        ([10, 10, 200, 10], 0, 0),  # the floor is exclusive
        ([10, 10, 201, 10], 1, 201),
        ([10, 10, 300, 10, 400, 10, 10], 2, 400),
        ([10, 100, 100, 400, 100, 600], 1, 600),  # five times the median
        ([10, 300], 0, 0),  # a gap is no stall against itself
    ],
)
def test_stalls(gaps_ms: list[float], count: int, longest_ms: float) -> None:
    columns = encode(streamed([1, 1]), streamed(gaps_ms), sample(status=Status.ERROR, end_ns=LEVEL))
    assert list(columns.stall_count or [0, 0, 0]) == [0, count, 0]
    assert list(columns.longest_stall_micros or [0, 0, 0]) == [0, longest_ms * 1000, 0]


def test_errors_carry_their_row_and_message() -> None:
    columns = encode(
        streamed([1]),
        sample(
            status=Status.ERROR,
            error_class=ErrorClass.HTTP_429,
            http_status=429,
            error_message="slow down",
            end_ns=LEVEL,
        ),
    )
    assert [(e.row, e.message) for e in columns.errors] == [(1, "slow down")]
    assert list(columns.error_class) == [0, sample_pb2.ERROR_CLASS_HTTP_429]
    assert list(columns.http_status) == [0, 429]


def test_finish_reasons_are_told_once_and_are_bounded() -> None:
    columns = encode(streamed([1], finish_reason="stop"), streamed([1]), streamed([1], finish_reason="stop"))
    assert list(columns.finish_reasons) == ["stop"]
    assert list(columns.finish_reason) == [0, -1, 0]
    columns = encode(*(streamed([1], finish_reason=f"r{i}") for i in range(500)))
    assert len(columns.finish_reasons) == MAX_FINISH_REASONS + 1
    assert columns.finish_reasons[columns.finish_reason[499]] == "other"


def test_a_batch_of_failures_only() -> None:
    columns = encode(sample(status=Status.ERROR, error_class=ErrorClass.CONNECT, end_ns=LEVEL + 5 * MS))
    assert list(columns.e2e_micros) == [5000]
    assert list(columns.timelines) == [b""]


def test_texts_are_one_entry_a_row_or_none_at_all():
    assert not encode(sample(0), sample(1)).input_texts
    columns = encode(sample(0), sample(1, texts=("ask", "answer")), sample(2, texts=("more", "")))
    assert list(columns.input_texts) == ["", "ask", "more"]
    assert list(columns.output_texts) == ["", "answer", ""]
