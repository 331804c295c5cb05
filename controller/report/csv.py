"""Renders a result document as CSV: the run, its summary, and a row for each level."""

from __future__ import annotations

import csv
import io

from controller.report.sheet import Cell, document_rows, guarded
from loadcell.v1 import result_pb2

MISSING = "N/A"


def render_csv(result: result_pb2.RunResult) -> bytes:
    """Return the document as UTF-8 with CRLF line ends; figures have two decimals, missing ones are "N/A".

    A text cell that a spreadsheet would take for a formula is led by an apostrophe.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    for row in document_rows(result):
        writer.writerow([_cell(value) for value in row])
    return buffer.getvalue().encode()


def _cell(value: Cell) -> str:
    if value is None or value == "":
        return MISSING
    if isinstance(value, float):
        return f"{value:.2f}"
    return guarded(value) if isinstance(value, str) else str(value)
