"""JSON, one list or one trace a line; traces are as in the answers of TraceService, without what has no value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO

import orjson

from controller.exports.formats.columns import Column, time_text
from controller.query.traces.fields import Kind
from controller.query.traces.record import Record


class JsonLinesWriter:
    """Writes one trace a line."""

    def __init__(self, sink: BinaryIO, columns: Sequence[Column]) -> None:
        self._sink = sink
        self._columns = columns

    def write(self, records: Sequence[Record]) -> None:
        """Write traces after those before."""
        self._sink.write(b"".join(orjson.dumps(_document(self._columns, one)) + b"\n" for one in records))

    def finish(self) -> None:
        """Write nothing: lines just end."""


class JsonListWriter:
    """Writes one list, a trace a line within it."""

    def __init__(self, sink: BinaryIO, columns: Sequence[Column]) -> None:
        self._sink = sink
        self._columns = columns
        self._before = b"[\n"

    def write(self, records: Sequence[Record]) -> None:
        """Write traces after those before."""
        for record in records:
            self._sink.write(self._before + orjson.dumps(_document(self._columns, record)))
            self._before = b",\n"

    def finish(self) -> None:
        """Close the list."""
        self._sink.write(b"[]\n" if self._before == b"[\n" else b"\n]\n")


def _document(columns: Sequence[Column], record: Record) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for column in columns:
        value = column.value(record)
        if value is None:
            continue
        if column.kind is Kind.TIME:
            value = time_text(value)
        if column.key is None:
            document[column.name] = value
        else:
            document.setdefault(column.name, {})[column.key] = value
    return document
