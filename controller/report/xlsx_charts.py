"""Charts of a workbook, made by the program that opens it from the cells of the levels."""

from __future__ import annotations

from typing import Any

from controller.report.sheet import LEVEL_TITLES

THROUGHPUT = "Throughput (tok/s)"
_LATENCIES = ("TTFT p50 (ms)", "TTFT p95 (ms)", "E2E p50 (ms)", "E2E p95 (ms)")
# Title, kind, the titles of the columns that are drawn, and of the one they are drawn by; None: by level.
_CHARTS: tuple[tuple[str, str, tuple[str, ...], str | None], ...] = (
    ("Throughput and latency", "scatter", _LATENCIES, THROUGHPUT),
    ("Throughput by level", "column", (THROUGHPUT,), None),
    ("Time to first token by level", "line", ("TTFT p50 (ms)", "TTFT p95 (ms)", "TTFT p99 (ms)"), None),
    ("End-to-end latency by level", "line", ("E2E p50 (ms)", "E2E p95 (ms)", "E2E p99 (ms)"), None),
    ("Time per output token by level", "line", ("TPOT p50 (ms)", "TPOT p95 (ms)", "TPOT p99 (ms)"), None),
    ("Goodput and errors by level", "line", ("Goodput (%)", "Error Rate (%)"), None),
)
_SIZE = {"width": 620, "height": 340}
_ROWS, _COLUMNS = 18, 10  # of a sheet that one chart covers


def add_charts(book: Any, sheet: Any, levels: str, count: int) -> None:
    """Draw the charts on a sheet, two abreast.

    Args:
        book: The workbook.
        sheet: Where they are drawn.
        levels: Name of the sheet with a title row, then a row for each level that begins with its name.
        count: Number of levels.
    """
    for number, (title, kind, drawn, across) in enumerate(_CHARTS):
        chart = book.add_chart({"type": kind, **({"subtype": "straight_with_markers"} if across else {})})
        by = 0 if across is None else _column(across)
        for name in drawn:
            column = _column(name)
            chart.add_series(
                {
                    "name": [levels, 0, column],
                    "categories": [levels, 1, by, count, by],
                    "values": [levels, 1, column, count, column],
                    **({"marker": {"type": "automatic"}} if kind == "line" else {}),
                }
            )
        chart.set_title({"name": title})
        chart.set_x_axis({"name": across or "Level"})
        chart.set_legend({"position": "bottom"})
        chart.set_size(_SIZE)
        sheet.insert_chart(number // 2 * _ROWS, number % 2 * _COLUMNS, chart)


def _column(title: str) -> int:
    return LEVEL_TITLES.index(title) + 1
