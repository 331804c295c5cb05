"""Measured requests as the rows of a sheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from controller.report.level import error_word
from controller.report.sheet import Cell
from loadcell.documents import enum_words
from loadcell.stats.columns import SampleArrays
from loadcell.v1 import sample_pb2

REQUEST_TITLES = (
    "Level",
    "Request",
    "Agent",
    "Sent At (s)",
    "Schedule Delay (ms)",
    "TTFT (ms)",
    "TPOT (ms)",
    "E2E (ms)",
    "Input Tokens",
    "Output Tokens",
    "Status",
    "Error",
    "HTTP Status",
    "Finish Reason",
)


def request_rows(
    level: str, rows: SampleArrays, agent_ids: Sequence[str], finish_reasons: Sequence[str]
) -> Iterator[list[Cell]]:
    """Yield a row for each request; times count from the start of the agent's own share.

    Args:
        level: What the level is called.
        rows: Its requests.
        agent_ids: Identifiers by agent number.
        finish_reasons: Words by finish reason number.
    """
    statuses = enum_words(sample_pb2.SampleStatus.DESCRIPTOR)
    columns = (
        rows.ordinal,
        rows.agent,
        rows.scheduled_offset_micros,
        rows.start_offset_micros,
        rows.ttft_micros,
        rows.tpot_micros,
        rows.e2e_micros,
        rows.prompt_tokens,
        rows.completion_tokens,
        rows.status,
        rows.error_class,
        rows.http_status,
        rows.finish_reason,
    )
    for row in zip(*(column.tolist() for column in columns), strict=True):
        ordinal, agent, due, start, ttft, tpot, e2e, prompt, completion, status, error, http, finish = row
        yield [
            level,
            ordinal,
            agent_ids[agent],
            start / 1e6,
            (start - due) / 1e3,
            _milliseconds(ttft),
            _milliseconds(tpot),
            _milliseconds(e2e),
            prompt if prompt >= 0 else None,
            completion if completion >= 0 else None,
            statuses.get(status, "unknown"),
            error_word(error) if error else None,
            http if http > 0 else None,
            finish_reasons[finish] if finish >= 0 else None,
        ]


def _milliseconds(micros: float) -> float | None:
    return micros / 1e3 if micros >= 0 else None
