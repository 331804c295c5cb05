"""The table a notebook shows: self-contained, with every text escaped. Pure."""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any

from google.protobuf.message import Message

from loadcell.client.notebook.records import Row, rows_of

MOST_ROWS = 50
MOST_COLUMNS = 16
MOST_CHARACTERS = 200  # of a cell
# What is looked at first; of other kinds the first columns are shown.
_COLUMNS = {
    "Run": "run_id status model server_url created_at started_at completed_at labels baseline notes error",
    "RunResult": "level total_requests failed_requests request_rate_per_sec throughput_tokens_per_sec ttft_p50"
    " ttft_p99 tpot_p50 itl_p99 e2e_latency_p50 e2e_latency_p99 goodput_goodput_percent verdict_status",
    "CompareRunsResponse": "run_id level metric unit base_value value change_percent change_low change_high"
    " verdict",
    "Trace": "ts trace_id model level status_code ttft_ms duration_ms prompt_tokens completion_tokens"
    " total_cost_usd error_message",
    "TimelinePoint": "level second due_count sent_count success_count error_count in_flight output_tokens ttft_p50"
    " ttft_p95 e2e_p50 e2e_p95",
}


def html(found: Message | Sequence[Message]) -> str:
    """Return a table of the first 50 rows, and what there is beside them in a sentence."""
    rows = rows_of(found)
    first = found if isinstance(found, Message) else next(iter(found), None)
    kind = type(first).DESCRIPTOR.name if first is not None else ""
    columns = _shown(kind, rows)
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(_text(row.get(name)))}</td>' for name in columns)}</tr>"
        for row in rows[:MOST_ROWS]
    )
    table = f"<table><caption>{escape(_caption(kind, rows))}</caption><thead><tr>{head}</tr></thead>"
    return f"{table}<tbody>{body}</tbody></table>"


def _shown(kind: str, rows: Sequence[Row]) -> list[str]:
    known = list(rows[0]) if rows else []
    wanted = _COLUMNS.get(kind, "").split()
    return [name for name in wanted if name in known] or known[:MOST_COLUMNS]


def _caption(kind: str, rows: Sequence[Row]) -> str:
    columns = f"{len(rows[0])} columns" if rows else "no columns"
    part = f", the first {MOST_ROWS} shown" if len(rows) > MOST_ROWS else ""
    return f"{kind or 'nothing'}: {len(rows):,} rows{part}; {columns} with to_pandas()"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.6g}"
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    text = str(value)
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}..."
