"""Renders a result as an Excel workbook: all of the CSV, its levels with charts, what to know, and requests."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from controller.report.request_sheet import REQUEST_TITLES
from controller.report.sheet import COLUMNS, LEVEL_TITLES, Cell, document_rows, guarded
from controller.report.xlsx_charts import add_charts
from loadcell.levels import level_name
from loadcell.v1 import result_pb2

SUMMARY, LEVELS, CHARTS, NOTES, REQUESTS = "Benchmark Results", "Levels", "Charts", "Notes", "Requests"
LONGEST_TEXT = 32_767  # characters of a cell, a limit of the format
MOST_REQUESTS = 20_000  # rows: a controller holds all of them while it makes the workbook
_WIDTH = 18  # characters
_HEADER = {"bold": True, "bg_color": "#D9E2F3"}


def render_xlsx(result: result_pb2.RunResult, requests: Sequence[Sequence[Cell]] = ()) -> bytes:
    """Return the document as a workbook; figures are numbers, missing ones are blank.

    No cell is a formula or a link. A text that would become one where a sheet is saved as CSV is led by an
    apostrophe. The same result makes the same workbook.

    Args:
        result: The document.
        requests: Rows under REQUEST_TITLES, of which MOST_REQUESTS are written.
    """
    from xlsxwriter import Workbook  # noqa: PLC0415 - what it takes to load, only those pay who want a workbook

    buffer = io.BytesIO()
    with Workbook(buffer, {"in_memory": True}) as book:
        # Otherwise the same document would be another file each time.
        made = (
            result.completed_at.ToDatetime(UTC)
            if result.HasField("completed_at")
            else datetime.fromtimestamp(0, UTC)
        )
        book.set_properties({"created": made, "title": f"loadcell {result.run_id}"})
        header, figure = book.add_format(_HEADER), book.add_format({"num_format": "0.00"})
        _write(book.add_worksheet(SUMMARY), document_rows(result), header, figure)
        levels = book.add_worksheet(LEVELS)
        _write(levels, [["Level", *LEVEL_TITLES], *_levels(result)], header, figure)
        levels.freeze_panes(1, 1)
        if result.results:
            add_charts(book, book.add_worksheet(CHARTS), LEVELS, len(result.results))
        _write(book.add_worksheet(NOTES), _notes(result, requests), header, figure)
        if requests:
            sheet = book.add_worksheet(REQUESTS)
            _write(sheet, [REQUEST_TITLES, *requests[:MOST_REQUESTS]], header, figure)
            sheet.freeze_panes(1, 0)
            sheet.autofilter(0, 0, min(len(requests), MOST_REQUESTS), len(REQUEST_TITLES) - 1)
    return buffer.getvalue()


def _levels(result: result_pb2.RunResult) -> Iterable[list[Cell]]:
    for level in result.results:
        yield [level_name(level.concurrency, level.requested_rate), *(value(level) for _, value in COLUMNS)]


def _notes(result: result_pb2.RunResult, requests: Sequence[Sequence[Cell]]) -> Iterable[list[Cell]]:
    yield ["What", "Level", "Text"]
    if result.HasField("error"):
        yield ["Error", None, result.error]
    for level in result.results:
        name = level_name(level.concurrency, level.requested_rate)
        for reason in level.verdict.reasons:
            yield ["Verdict", name, reason]
        for word, count in sorted(level.errors.items()):
            yield [f"Errors: {word}", name, f"{count:,}: {level.error_messages.get(word, '')}"]
    for note in result.notes:
        yield ["Note", None, note]
    if len(requests) > MOST_REQUESTS:
        yield [
            "Note",
            None,
            f"The sheet {REQUESTS} has the first {MOST_REQUESTS:,} requests; jsonl has all of them.",
        ]


def _write(sheet: Any, rows: Iterable[Sequence[Cell]], header: Any, figure: Any) -> None:
    """Write rows; the first one and those below and at a # line are titles."""
    sheet.set_column(0, 40, _WIDTH)
    titles = True
    for number, row in enumerate(rows):
        heading = bool(row) and isinstance(row[0], str) and row[0].startswith("# ")
        for column, value in enumerate(row):
            if isinstance(value, str) and value:
                text = value.removeprefix("# ") if heading else guarded(value)
                sheet.write_string(number, column, text[:LONGEST_TEXT], header if heading or titles else None)
            elif isinstance(value, int):
                sheet.write_number(number, column, value)
            elif isinstance(value, float) and math.isfinite(value):
                sheet.write_number(number, column, value, figure)
        titles = bool(row) and row[0] == "# Levels"
