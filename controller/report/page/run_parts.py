"""What a page says of one run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from controller.report.page.chart import draw
from controller.report.page.elements import Markup, element, listing, section, table
from controller.report.page.level_charts import level_charts, name_of
from controller.report.page.request_charts import request_charts
from controller.report.sheet import COLUMNS, Cell, run_rows, summary_rows, validation_rows
from controller.report.shown import ShownRun
from loadcell.documents import render
from loadcell.reports.early_end import EARLY_ENDS
from loadcell.v1 import result_pb2

LEVELS_ABREAST = 8  # so many columns fit on a sheet of paper


def run_parts(run: ShownRun) -> Iterator[Markup]:
    """Yield everything that is known of a run."""
    result = run.result
    if result.status in EARLY_ENDS:
        yield element("p", element("strong", EARLY_ENDS[result.status]), f" {result.error}", class_="failed")
    yield table([], _facts(result))
    yield section("What it means", *_findings(run))
    yield section("Charts", *_charts(run))
    yield section("Levels", *_levels(result))
    yield section("Errors", table(["Level", "Class", "Requests", "For example"], list(_errors(result))))
    yield section("What to know", listing([*result.verdict.reasons, *result.notes]))
    yield section("Agents", table(_AGENT_TITLES, [_agent(agent) for agent in result.agents]))
    yield section("Does the server agree?", *_validation(result))
    yield section("How it was measured", table([], list(_measured(result))))
    yield section("Configuration", table([], list(_flat(render(result.config)))))


def _facts(result: result_pb2.RunResult) -> list[list[Cell]]:
    return [["Status", result.status], *run_rows(result), *summary_rows(result)]


def _findings(run: ShownRun) -> Iterator[Markup]:
    for one in run.findings:
        yield element("h3", one.title, class_=one.severity if one.severity != "info" else None)
        yield element("p", " ".join(one.sentences))


def _charts(run: ShownRun) -> Iterator[Markup]:
    drawn = [draw(chart) for chart in (*level_charts(run), *request_charts(run))]
    if any(drawn):
        yield element("div", *drawn, class_="charts")
    if run.missing:
        yield element("p", run.missing, class_="note")


def _levels(result: result_pb2.RunResult) -> Iterator[Markup]:
    """A row for each figure and a column for each level."""
    for first in range(0, len(result.results), LEVELS_ABREAST):
        levels = result.results[first : first + LEVELS_ABREAST]
        rows = [[title, *(value(level) for level in levels)] for title, value in COLUMNS]
        shown = [row for row in rows if any(cell not in (None, "") for cell in row[1:])]
        yield table(["", *(name_of(level) for level in levels)], shown)


def _errors(result: result_pb2.RunResult) -> Iterator[list[Cell]]:
    for level in result.results:
        for word, count in sorted(level.errors.items()):
            yield [name_of(level), word, count, level.error_messages.get(word)]


_AGENT_TITLES = (
    "Agent",
    "Host",
    "Workers",
    "Requests",
    "Successful",
    "TTFT p50 (ms)",
    "TTFT p99 (ms)",
    "CPU of a worker (%)",
    "Client delay p99 (ms)",
    "Clock known to (µs)",
    "Verdict",
    "Because",
)


def _agent(agent: result_pb2.AgentResult) -> list[Cell]:
    return [
        agent.agent_id,
        agent.hostname,
        agent.worker_count,
        agent.total_requests,
        agent.successful_requests,
        agent.ttft_p50 if agent.HasField("ttft_p50") else None,
        agent.ttft_p99 if agent.HasField("ttft_p99") else None,
        agent.health.cpu_share * 100 if agent.HasField("health") else None,
        agent.health.client_delay_p99_ms if agent.HasField("health") else None,
        agent.clock_uncertainty_micros if agent.HasField("clock_uncertainty_micros") else None,
        agent.verdict.status,
        " ".join(agent.verdict.reasons),
    ]


def _validation(result: result_pb2.RunResult) -> Iterator[Markup]:
    if result.HasField("validation"):
        outcome, titles, *rows = validation_rows(result.validation)
        yield table([], [outcome])
        yield table([str(title) for title in titles], rows)
        yield listing(list(result.validation.all_warnings))


def _measured(result: result_pb2.RunResult) -> Iterator[list[Cell]]:
    yield ["Receive times", f"of the {result.timestamp_source}" if result.timestamp_source else None]
    percentiles = result.percentiles
    if result.HasField("percentile_relative_error"):
        percentiles += f", wrong by at most {result.percentile_relative_error:.1%}"
    yield ["Percentiles", percentiles]
    for level in result.results:
        window, source = level.window, level.token_source or "nobody"
        span = f"{window.start_seconds:,.1f} s to {window.end_seconds:,.1f} s ({window.kind})"
        yield [f"Measured window at {name_of(level)}", f"{span}; tokens counted by: {source}"]
    yield ["loadcell", result.loadcell_version]


def _flat(data: Mapping[str, Any], prefix: str = "") -> Iterator[list[Cell]]:
    """Yield "a.b" and its value for everything that is set."""
    for name, value in data.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            if value:
                yield [f"{prefix}{name}", ", ".join(str(item) for item in value)]
        elif value is not None and value != "":
            yield [f"{prefix}{name}", str(value).lower() if isinstance(value, bool) else value]
