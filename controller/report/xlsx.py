"""Renders a result document as an Excel workbook of one sheet, laid out as the CSV is."""

from __future__ import annotations

import io
import math
from datetime import UTC, datetime

from controller.report.sheet import document_rows, guarded
from loadcell.v1 import result_pb2

SHEET = "Benchmark Results"
LONGEST_TEXT = 32_767  # characters of a cell, a limit of the format
_WIDTH = 18  # characters
_HEADER = {"bold": True, "bg_color": "#D9E2F3"}


def render_xlsx(result: result_pb2.RunResult) -> bytes:
    """Return the document as a workbook; figures are numbers, missing ones are blank.

    No cell is a formula or a link. A text that would become one where the sheet is saved as CSV is led by an
    apostrophe.
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
        sheet = book.add_worksheet(SHEET)
        header, figure = book.add_format(_HEADER), book.add_format({"num_format": "0.00"})
        sheet.set_column(0, 40, _WIDTH)
        titles = False
        for number, row in enumerate(document_rows(result)):
            heading = bool(row) and isinstance(row[0], str) and row[0].startswith("# ")
            for column, value in enumerate(row):
                if isinstance(value, str) and value:
                    text = value.removeprefix("# ") if heading else guarded(value)
                    sheet.write_string(number, column, text[:LONGEST_TEXT], header if heading or titles else None)
                elif isinstance(value, int):
                    sheet.write_number(number, column, value)
                elif isinstance(value, float) and math.isfinite(value):
                    sheet.write_number(number, column, value, figure)
            titles = row == ["# Levels"]
    return buffer.getvalue()
