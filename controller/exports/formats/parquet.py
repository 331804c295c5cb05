"""Parquet: typed columns in groups of rows. Objects are JSON texts. Needs the extra `parquet`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

import orjson
import pyarrow as pa
from pyarrow import parquet

from controller.exports.formats.columns import COUNTED, Column
from controller.query.traces.fields import Kind
from controller.query.traces.record import Record

GROUP_ROWS = 20_000
GROUP_BYTES = 32 * 2**20  # rows with texts are large; a group is held in memory until it is written


class ParquetWriter:
    """Writes traces as rows; `compression` is that of the columns: none, gzip or zstd."""

    def __init__(self, sink: BinaryIO, columns: Sequence[Column], compression: str) -> None:
        self._columns = columns
        self._schema = pa.schema([pa.field(column.title, _type(column)) for column in columns])
        self._writer = parquet.ParquetWriter(sink, self._schema, compression=compression)
        self._batches: list[Any] = []
        self._rows = self._bytes = 0

    def write(self, records: Sequence[Record]) -> None:
        """Write traces after those before."""
        arrays = [
            pa.array(list(map(_reading(column), records)), field.type)
            for column, field in zip(self._columns, self._schema, strict=True)
        ]
        batch = pa.RecordBatch.from_arrays(arrays, schema=self._schema)
        self._batches.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes
        if self._rows >= GROUP_ROWS or self._bytes >= GROUP_BYTES:
            self._write_group()

    def finish(self) -> None:
        """Write the last group."""
        if self._rows:
            self._write_group()

    def close(self) -> None:
        """Write where the groups are."""
        self._writer.close()

    def _write_group(self) -> None:
        self._writer.write_table(pa.Table.from_batches(self._batches), row_group_size=self._rows)
        self._batches, self._rows, self._bytes = [], 0, 0


def _type(column: Column) -> Any:
    match column.kind:
        case Kind.TIME:
            return pa.timestamp("us", tz="UTC")
        case Kind.NUMBER:
            return pa.int64() if column.name in COUNTED else pa.float64()
        case Kind.FLAG:
            return pa.bool_()
        case Kind.TAGS:
            return pa.list_(pa.string())
    return pa.string()


def _reading(column: Column) -> Callable[[Record], Any]:
    if column.kind is not Kind.OBJECT:
        return column.value

    def text(record: Record) -> str | None:
        value = column.value(record)
        return None if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()

    return text
