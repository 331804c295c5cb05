"""CSV as RFC 4180 has it: UTF-8, CRLF, a line of titles; an empty cell has no value."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import BinaryIO

import orjson

from controller.exports.formats.columns import Column, time_text
from controller.query.traces.fields import Kind
from controller.query.traces.record import Record

# A spreadsheet takes a cell that begins with one of these for a formula (OWASP, "CSV Injection"); some do so with
# the wide forms of the first four as well.
FORMULA_STARTS = tuple(
    "=+-@\t\r\n\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}"
    "\N{FULLWIDTH COMMERCIAL AT}"
)

_NUMBER = re.compile(r"[+-]\d+(\.\d+)?(e[+-]?\d+)?", re.ASCII)


class CsvWriter:
    """Writes traces as lines. Objects and lists are JSON; what could be a formula is led by an apostrophe."""

    def __init__(self, sink: BinaryIO, columns: Sequence[Column]) -> None:
        self._sink = sink
        self._columns = columns
        self._lines([[column.title for column in columns]])

    def write(self, records: Sequence[Record]) -> None:
        """Write traces after those before."""
        self._lines([[_cell(column, record) for column in self._columns] for record in records])

    def finish(self) -> None:
        """Write nothing: a table just ends."""

    def _lines(self, rows: list[list[str]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\r\n").writerows([[guarded(cell) for cell in row] for row in rows])
        self._sink.write(text.getvalue().encode())


def guarded(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; numbers stay what they are."""
    formula = cell.startswith(FORMULA_STARTS) and not _NUMBER.fullmatch(cell)
    return "'" + cell if formula else cell


def _cell(column: Column, record: Record) -> str:
    value = column.value(record)
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() if column.kind is Kind.TIME:
            return time_text(value)
        case int() | float():
            return repr(value)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
