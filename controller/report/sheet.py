"""The figures of a result document in rows and columns, whatever kind of sheet they end up in."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from loadcell.v1 import result_pb2

Cell = str | int | float | None
"""What stands in a cell; None where a figure is not defined."""

_PERCENTILES = ("p50", "p95", "p99")
# The first 17 columns are those of llm-loadtest, under the same titles.
COLUMNS: list[tuple[str, Callable[[result_pb2.LevelResult], Cell]]] = [
    ("Concurrency", lambda r: _get(r, "concurrency")),
    ("Throughput (tok/s)", lambda r: _get(r, "throughput_tokens_per_sec")),
    ("Request Rate (req/s)", lambda r: _get(r, "request_rate_per_sec")),
    *((f"TTFT {q} (ms)", lambda r, q=q: _get(r.ttft, q)) for q in _PERCENTILES),
    *((f"TPOT {q} (ms)", lambda r, q=q: _get(r.tpot, q)) for q in _PERCENTILES),
    *((f"E2E {q} (ms)", lambda r, q=q: _get(r.e2e_latency, q)) for q in _PERCENTILES),
    ("Total Requests", lambda r: r.total_requests),
    ("Successful", lambda r: r.successful_requests),
    ("Failed", lambda r: r.failed_requests),
    ("Error Rate (%)", lambda r: _get(r, "error_rate_percent")),
    ("Goodput (%)", lambda r: _get(r.goodput, "goodput_percent")),
    ("Requested Rate (req/s)", lambda r: _get(r, "requested_rate")),
    ("Achieved Rate (req/s)", lambda r: _get(r, "achieved_rate")),
    *((f"ITL {q} (ms)", lambda r, q=q: _get(r.itl, q)) for q in _PERCENTILES),
    *((f"Response Time {q} (ms)", lambda r, q=q: _get(r.response_time, q)) for q in _PERCENTILES),
    ("Schedule Delay p99 (ms)", lambda r: _get(r.schedule_delay, "p99")),
    ("Input Throughput (tok/s)", lambda r: _get(r, "input_throughput_tokens_per_sec")),
    ("Good Requests (req/s)", lambda r: _get(r.goodput, "good_requests_per_sec")),
    ("Cancelled", lambda r: r.cancelled_requests),
    ("Censored", lambda r: r.censored_requests),
    ("Duration (s)", lambda r: r.duration_seconds),
    ("Verdict", lambda r: r.verdict.status),
]

# A spreadsheet takes a cell that begins with one of these for a formula (OWASP, "CSV Injection").
_FORMULA_STARTS = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "\N{FULLWIDTH EQUALS SIGN}",
    "\N{FULLWIDTH PLUS SIGN}",
    "\N{FULLWIDTH HYPHEN-MINUS}",
    "\N{FULLWIDTH COMMERCIAL AT}",
)


def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: one that it would is led by an apostrophe."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def document_rows(result: result_pb2.RunResult) -> Iterable[list[Cell]]:
    """Yield the rows of the run, of its summary and of its levels, each part under a line that begins with #."""
    summary = result.summary
    yield ["# loadcell result"]
    yield ["Run ID", result.run_id]
    yield ["Model", result.model]
    yield ["Server URL", result.server_url]
    yield ["Adapter", result.adapter]
    yield ["Started At", _time(result, "started_at")]
    yield ["Completed At", _time(result, "completed_at")]
    yield ["Duration (s)", result.duration_seconds]
    yield []
    yield ["# Summary"]
    yield ["Best Throughput (tok/s)", _get(summary, "best_throughput")]
    yield ["Best TTFT p50 (ms)", _get(summary, "best_ttft_p50")]
    yield ["Best Concurrency", _get(summary, "best_concurrency")]
    yield ["Total Requests", summary.total_requests]
    yield ["Overall Error Rate (%)", _get(summary, "overall_error_rate")]
    if summary.HasField("avg_goodput_percent"):
        yield ["Avg Goodput (%)", summary.avg_goodput_percent]
    yield ["Verdict", result.verdict.status]
    yield []
    yield ["# Levels"]
    yield [title for title, _ in COLUMNS]
    for level in result.results:
        yield [value(level) for _, value in COLUMNS]


def _get(message: Message, name: str) -> Cell:
    found: Cell = getattr(message, name) if message.HasField(name) else None
    return found


def _time(result: result_pb2.RunResult, name: str) -> Cell:
    moment: Timestamp = getattr(result, name)
    return moment.ToJsonString() if result.HasField(name) else None
