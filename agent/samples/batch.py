"""Finished requests as one columnar message."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from agent.samples import timeline
from agent.samples.gaps import Streams, chunk_gaps, stalls, token_gaps
from agent.samples.outcome import Status
from agent.samples.sample import Sample
from loadcell.sketches import to_message
from loadcell.stats.sketch import bucket_counts
from loadcell.v1 import sample_pb2

Ints = NDArray[np.int64]

# A server that makes up a finish reason for every request must not make a batch grow.
MAX_FINISH_REASONS = 64
OTHER_REASON = "other"
_NO_TEXTS = ("", "")


class BatchBuilder:
    """Collects samples of one level and encodes them once.

    Args:
        level_start_ns: Start of the level on the worker's monotonic clock; offsets count from it.
        keep_timeline: Whether event times and tokens are kept for every row.

    Attributes:
        samples: The samples, in the order of the rows.
    """

    __slots__ = ("_keep_timeline", "_level_start_ns", "samples")

    def __init__(self, level_start_ns: int, keep_timeline: bool) -> None:
        self._level_start_ns = level_start_ns
        self._keep_timeline = keep_timeline
        self.samples: list[Sample] = []

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.samples)

    def add(self, sample: Sample) -> None:
        """Add a finished request."""
        self.samples.append(sample)

    def encode(self) -> bytes:
        """Return the batch as a serialized SampleColumns message."""
        samples = self.samples
        columns = sample_pb2.SampleColumns(row_count=len(samples))
        self._add_times(columns)
        for name, value in _PLAIN_COLUMNS.items():
            getattr(columns, name).extend(map(value, samples))
        for name, value, default in _SPARSE_COLUMNS:
            column = list(map(value, samples))
            if any(entry != default for entry in column):
                getattr(columns, name).extend(column)
        self._add_finish_reasons(columns)
        columns.errors.extend(
            sample_pb2.SampleError(row=row, message=sample.error_message)
            for row, sample in enumerate(samples)
            if sample.error_message
        )
        self._add_streams(columns)
        self._add_texts(columns)
        return columns.SerializeToString()

    def _add_times(self, columns: sample_pb2.SampleColumns) -> None:
        samples = self.samples
        start = _ints([s.start_ns for s in samples])
        first = _ints([s.first_ns for s in samples])
        answer = _ints([s.first_answer_ns for s in samples])
        end = _ints([s.end_ns for s in samples])
        scheduled = _ints([s.scheduled_ns for s in samples])
        columns.scheduled_offset_micros.extend(((scheduled - self._level_start_ns) // 1000).tolist())
        columns.start_offset_micros.extend(((start - self._level_start_ns) // 1000).tolist())
        columns.ttft_micros.extend(_since(start, first).tolist())
        columns.ttfot_micros.extend(_since(start, answer).tolist())
        columns.e2e_micros.extend(_since(start, end).tolist())
        tokens = _ints([s.completion_tokens for s in samples])
        first_tokens = _ints([s.event_tokens[0] if s.event_tokens else -1 for s in samples])
        later = tokens - first_tokens
        defined = (tokens >= 2) & (first_tokens >= 0) & (later >= 1) & (first >= 0) & (end >= 0)
        tpot = np.where(defined, (end - first) / 1000 / np.where(defined, later, 1), -1.0)
        columns.tpot_micros.extend(tpot.tolist())
        columns.first_event_tokens.extend(first_tokens.tolist())

    def _add_finish_reasons(self, columns: sample_pb2.SampleColumns) -> None:
        numbers: dict[str, int] = {}
        for sample in self.samples:
            reason = sample.finish_reason
            if reason and reason not in numbers and len(numbers) >= MAX_FINISH_REASONS:
                reason = OTHER_REASON
            columns.finish_reason.append(numbers.setdefault(reason, len(numbers)) if reason else -1)
        columns.finish_reasons.extend(numbers)

    def _add_texts(self, columns: sample_pb2.SampleColumns) -> None:
        texts = [sample.texts or _NO_TEXTS for sample in self.samples]
        if any(text is not _NO_TEXTS for text in texts):
            columns.input_texts.extend(prompt for prompt, _ in texts)
            columns.output_texts.extend(completion for _, completion in texts)

    def _add_streams(self, columns: sample_pb2.SampleColumns) -> None:
        samples = self.samples
        streams = Streams(
            times_ns=_ints(list(chain.from_iterable(s.event_times_ns for s in samples))),
            tokens=_ints(list(chain.from_iterable(s.event_tokens for s in samples))),
            events_per_row=_ints([len(s.event_times_ns) for s in samples]),
            starts_ns=_ints([s.start_ns for s in samples]),
        )
        columns.event_count.extend(streams.events_per_row.tolist())
        counts, longest = stalls(streams)
        if counts.any():
            columns.stall_count.extend(counts.tolist())
            columns.longest_stall_micros.extend((longest // 1000).tolist())
        if self._keep_timeline:
            offsets = streams.offsets_micros()
            gaps = np.diff(offsets, prepend=0)
            first = streams.is_first()
            gaps[first] = offsets[first]
            columns.timelines.extend(timeline.encode(gaps, streams.tokens, streams.events_per_row))
        measured = streams.where(np.array([s.status == Status.OK and not s.warmup for s in samples], np.bool_))
        if len(measured.times_ns):
            columns.sketches.append(to_message("itl", bucket_counts(*token_gaps(measured))))
            columns.sketches.append(to_message("icl", bucket_counts(chunk_gaps(measured))))


def _ints(values: list[int]) -> Ints:
    return np.array(values, np.int64)


def _since(start: Ints, then: Ints) -> Ints:
    """Return the microseconds from start to then, -1 where `then` is not defined."""
    return np.where(then >= 0, (then - start) // 1000, -1)


def _micros(nanoseconds: int) -> int:
    return nanoseconds // 1000 if nanoseconds >= 0 else -1


_PLAIN_COLUMNS: dict[str, Callable[[Sample], int]] = {
    "ordinal": lambda s: s.ordinal,
    "prompt_tokens": lambda s: s.prompt_tokens,
    "completion_tokens": lambda s: s.completion_tokens,
    "token_source": lambda s: s.token_source,
    "status": lambda s: s.status,
    "http_status": lambda s: s.http_status,
    "client_delay_micros": lambda s: s.client_delay_ns // 1000,
    "read_count": lambda s: s.read_count,
    "requested_tokens": lambda s: s.requested_tokens,
}

# Columns that may be left empty when they hold only their default.
_SPARSE_COLUMNS: tuple[tuple[str, Callable[[Sample], int], int], ...] = (
    ("warmup", lambda s: int(s.warmup), 0),
    ("dns_micros", lambda s: _micros(s.dns_ns), -1),
    ("connect_micros", lambda s: _micros(s.connect_ns), -1),
    ("tls_micros", lambda s: _micros(s.tls_ns), -1),
    ("reasoning_tokens", lambda s: s.reasoning_tokens, -1),
    ("cached_tokens", lambda s: s.cached_tokens, -1),
    ("error_class", lambda s: s.error_class, 0),
    ("reused", lambda s: int(s.reused), 0),
    ("coalesced_reads", lambda s: s.coalesced_reads, 0),
)
