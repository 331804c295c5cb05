"""Renders measured requests as JSON Lines: one object per request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields

import orjson

from controller.report.level import TOKEN_SOURCES, error_word
from loadcell.documents import enum_words
from loadcell.stats.columns import SampleArrays
from loadcell.v1 import sample_pb2

CHUNK_ROWS = 1000
# Columns whose numbers stand for words.
_WORDS = ("agent", "lease", "status", "error_class", "token_source", "finish_reason", "warmup", "reused")
_NUMBERS = tuple(f.name for f in fields(SampleArrays) if f.name not in _WORDS)
# Offsets may be negative for warm-up requests; a value of -1 means nothing there.
_ALWAYS_DEFINED = ("ordinal", "scheduled_offset_micros", "start_offset_micros")


def render_requests(
    level: int,
    samples: SampleArrays,
    agent_ids: Sequence[str],
    finish_reasons: Sequence[str],
    sample_rate: float | None = None,
) -> Iterator[bytes]:
    """Yield JSON Lines of the requests, at most 1,000 to a piece (below 1 MiB).

    Keys are those of SampleColumns in sample.proto, with the same units; undefined values are null. Offsets count
    from the start of the agent's own share.

    Args:
        level: Position of the level, written into every line.
        samples: The requests, warm-up included.
        agent_ids: Identifiers by agent number.
        finish_reasons: Words by finish reason number.
        sample_rate: Share of the requests of the run that was kept, written into every line; None: all were.
    """
    for first in range(0, len(samples), CHUNK_ROWS):
        yield _lines(level, samples.rows(first, first + CHUNK_ROWS), agent_ids, finish_reasons, sample_rate)


def _lines(
    level: int,
    rows: SampleArrays,
    agent_ids: Sequence[str],
    finish_reasons: Sequence[str],
    sample_rate: float | None,
) -> bytes:
    statuses = enum_words(sample_pb2.SampleStatus.DESCRIPTOR)
    columns: dict[str, list[object]] = {
        "level": [level] * len(rows),
        "agent_id": [agent_ids[n] for n in rows.agent.tolist()],
        "warmup": [n > 0 for n in rows.warmup.tolist()],
        "status": [statuses.get(n, "unknown") for n in rows.status.tolist()],
        "error_class": [error_word(n) if n else None for n in rows.error_class.tolist()],
        "token_source": [TOKEN_SOURCES.get(n, "unknown") if n else None for n in rows.token_source.tolist()],
        "finish_reason": [finish_reasons[n] if n >= 0 else None for n in rows.finish_reason.tolist()],
        "reused": [n > 0 for n in rows.reused.tolist()],
    }
    for name in _NUMBERS:
        values = getattr(rows, name).tolist()
        columns[name] = values if name in _ALWAYS_DEFINED else [None if v < 0 else v for v in values]
    if sample_rate is not None:
        columns["trace_sample_rate"] = [sample_rate] * len(rows)
    names = list(columns)
    return b"".join(
        orjson.dumps(dict(zip(names, row, strict=True))) + b"\n" for row in zip(*columns.values(), strict=True)
    )
