"""Renders a result document as a page that stands alone: nothing is loaded or executed, and it prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any

from controller.report.sheet import COLUMNS, Cell, document_rows
from loadcell.documents import render
from loadcell.levels import level_name
from loadcell.v1 import result_pb2

MISSING = "\N{EN DASH}"
LEVELS_ABREAST = 8  # so many columns fit on a sheet of paper
_STYLE = """
body { font: 14px/1.4 system-ui, sans-serif; color: #1a1a1a; margin: 2rem auto; max-width: 70rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; margin: 0.5rem 0 1rem; break-inside: avoid; }
th, td { border-bottom: 1px solid #ddd; padding: 0.15rem 0.8rem 0.15rem 0; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.degraded { color: #8a5a00; } .client_limited, .failed { color: #b00020; }
@media print { body { margin: 0; max-width: none; font-size: 10px; } }
"""


def render_html(result: result_pb2.RunResult) -> bytes:
    """Return the document as a page in UTF-8; figures have two decimals, missing ones are a dash."""
    parts = [
        *_facts(result),
        *_levels(result),
        *_findings(result),
        *_agents(result),
        *_section("Configuration", [_table([], _flat(render(result.config)))]),
        f"<p>Measured by loadcell {_text(result.loadcell_version)}.</p>\n",
    ]
    return _page(f"loadcell {result.run_id}", "".join(parts)).encode()


def _page(title: str, body: str) -> str:
    # Even if something were to slip through, a browser would neither load nor execute it.
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width">
<title>{_text(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{_text(title)}</h1>
{body}</body>
</html>
"""


def _facts(result: result_pb2.RunResult) -> Iterator[str]:
    """The run and its summary: what stands above the levels in a sheet."""
    rows: list[list[Cell]] = [["Status", result.status]]
    if result.HasField("error"):
        rows.append(["Error", result.error])
    for row in document_rows(result):
        if row == ["# Levels"]:
            break
        if len(row) == 2:
            rows.append(row)
    yield _table([], rows)


def _levels(result: result_pb2.RunResult) -> Iterator[str]:
    """A row for each figure and a column for each level."""
    tables = []
    for first in range(0, len(result.results), LEVELS_ABREAST):
        levels = result.results[first : first + LEVELS_ABREAST]
        rows = [[title, *(value(level) for level in levels)] for title, value in COLUMNS]
        shown = [row for row in rows if any(cell not in (None, "") for cell in row[1:])]
        tables.append(_table(["", *(_name(level) for level in levels)], shown))
    yield from _section("Levels", tables)


def _findings(result: result_pb2.RunResult) -> Iterator[str]:
    """What a reader must know."""
    lines = [
        *result.verdict.reasons,
        *(
            f"{_name(level)}: {level.errors[name]} x {name}: {message}"
            for level in result.results
            for name, message in sorted(level.error_messages.items())
        ),
        *result.notes,
    ]
    if lines:
        items = "".join(f"<li>{_text(line)}</li>\n" for line in lines)
        yield from _section("What to know", [f"<ul>\n{items}</ul>\n"])


def _agents(result: result_pb2.RunResult) -> Iterator[str]:
    titles = ["Agent", "Host", "Workers", "Requests", "Successful", "TTFT p50 (ms)", "TTFT p99 (ms)", "Verdict"]
    rows: list[list[Cell]] = [
        [
            agent.agent_id,
            agent.hostname,
            agent.worker_count,
            agent.total_requests,
            agent.successful_requests,
            agent.ttft_p50 if agent.HasField("ttft_p50") else None,
            agent.ttft_p99 if agent.HasField("ttft_p99") else None,
            agent.verdict.status,
        ]
        for agent in result.agents
    ]
    if rows:
        yield from _section("Agents", [_table(titles, rows)])


def _section(title: str, parts: Iterable[str]) -> Iterator[str]:
    yield f"<h2>{_text(title)}</h2>\n"
    yield from parts


def _table(titles: Iterable[str], rows: Iterable[Iterable[Cell]]) -> str:
    head = "".join(f"<th>{_text(title)}</th>" for title in titles)
    lines = [f"<tr>{head}</tr>\n"] if head else []
    for title, *cells in rows:
        lines.append(f"<tr><th>{_text(str(title))}</th>{''.join(_cell(cell) for cell in cells)}</tr>\n")
    return f"<table>\n{''.join(lines)}</table>\n"


def _cell(value: Cell) -> str:
    if value is None or value == "":
        return f'<td class="number">{MISSING}</td>'
    if isinstance(value, str):
        marked = f' class="{value}"' if value in {"degraded", "client_limited", "failed"} else ""
        return f"<td{marked}>{_text(value)}</td>"
    return f'<td class="number">{f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"}</td>'


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


def _name(level: result_pb2.LevelResult) -> str:
    return level_name(level.concurrency, level.requested_rate)


def _text(text: str) -> str:
    return escape(text, quote=True)
