"""The figures of a result document in rows and columns, whatever kind of sheet they end up in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from loadcell.reports.early_end import EARLY_ENDS
from loadcell.v1 import result_pb2, validation_pb2

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

LEVEL_TITLES = tuple(title for title, _ in COLUMNS)

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


def document_rows(result: result_pb2.RunResult) -> Iterator[list[Cell]]:
    """Yield the rows of the run, of its summary, of its levels and of its validation, each part under a # line."""
    yield ["# loadcell result"]
    yield from run_rows(result)
    yield []
    yield ["# Summary"]
    yield from summary_rows(result)
    yield []
    yield ["# Levels"]
    yield [*LEVEL_TITLES]
    for level in result.results:
        yield [value(level) for _, value in COLUMNS]
    if result.HasField("validation"):
        yield []
        yield ["# Validation"]
        yield from validation_rows(result.validation)
        for warning in result.validation.all_warnings:
            yield ["Warning", warning]


def run_rows(result: result_pb2.RunResult) -> list[list[Cell]]:
    """Return what was measured and when; of a run that did not come to its end, how it ended."""
    rows: list[list[Cell]] = [
        ["Run ID", result.run_id],
        ["Model", result.model],
        ["Server URL", result.server_url],
        ["Adapter", result.adapter],
        ["Started At", _time(result, "started_at")],
        ["Completed At", _time(result, "completed_at")],
        ["Duration (s)", result.duration_seconds],
    ]
    if result.status in EARLY_ENDS:
        rows.append(["Status", result.status])
        rows += [["Error", result.error]] if result.error else []
    return rows


_ONLY_OF_SOME = ("Best Rate (req/s)", "Avg Goodput (%)")  # open loops, runs with objectives


def summary_rows(result: result_pb2.RunResult) -> list[list[Cell]]:
    """Return the run at a glance."""
    summary = result.summary
    rows: list[list[Cell]] = [
        ["Best Throughput (tok/s)", _get(summary, "best_throughput")],
        ["Best TTFT p50 (ms)", _get(summary, "best_ttft_p50")],
        ["Best Concurrency", _get(summary, "best_concurrency")],
        ["Best Rate (req/s)", _get(summary, "best_rate")],
        ["Total Requests", summary.total_requests],
        ["Overall Error Rate (%)", _get(summary, "overall_error_rate")],
        ["Avg Goodput (%)", _get(summary, "avg_goodput_percent")],
        ["Verdict", result.verdict.status],
    ]
    return [[title, value] for title, value in rows if value is not None or title not in _ONLY_OF_SOME]


def validation_rows(validation: validation_pb2.Validation) -> list[list[Cell]]:
    """Return the outcome of the comparison with the server, then titles, then a row for each comparison."""
    judged = validation.HasField("overall_passed")
    rows: list[list[Cell]] = [
        ["Server agrees", _outcome(passed=validation.overall_passed) if judged else "not judged"],
        ["Comparison", "Ours", "Server", "Difference (%)", "Outcome"],
    ]
    for one in validation.all_comparisons:
        figures: list[Cell] = [one.client_value, one.server_value, one.difference_percent]
        rows.append([one.metric_name, *figures, _outcome(passed=one.passed)])
    return rows


def _outcome(*, passed: bool) -> str:
    return "passed" if passed else "failed"


def _get(message: Message, name: str) -> Cell:
    found: Cell = getattr(message, name) if message.HasField(name) else None
    return found


def _time(result: result_pb2.RunResult, name: str) -> Cell:
    moment: Timestamp = getattr(result, name)
    return moment.ToJsonString() if result.HasField(name) else None
