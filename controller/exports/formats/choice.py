"""The formats to choose from: their names, types and how they are opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from typing import BinaryIO

from controller.exports.formats.columns import Column, RowWriter
from controller.exports.formats.compression import NONE, compressed
from controller.exports.formats.csv import CsvWriter
from controller.exports.formats.json import JsonLinesWriter, JsonListWriter

PARQUET = "parquet"
_CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    PARQUET: "application/vnd.apache.parquet",
}
_COMPRESSED = {
    "gzip": (".gz", "application/gzip"),
    "zip": (".zip", "application/zip"),
    "zstd": (".zst", "application/zstd"),
}
FORMATS = tuple(_CONTENT_TYPES)
_ROW_WRITERS: dict[str, type[CsvWriter | JsonListWriter | JsonLinesWriter]] = {
    "csv": CsvWriter,
    "json": JsonListWriter,
    "jsonl": JsonLinesWriter,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A format and a compression."""

    format: str
    compression: str

    @property
    def _outside(self) -> str:
        """The compression of the file as a whole; parquet compresses within."""
        return NONE if self.format == PARQUET else self.compression

    @property
    def extension(self) -> str:
        """What the name of the file ends with."""
        return f".{self.format}{_COMPRESSED.get(self._outside, ('', ''))[0]}"

    @property
    def content_type(self) -> str:
        """The media type of the file."""
        return _COMPRESSED.get(self._outside, ("", _CONTENT_TYPES[self.format]))[1]

    @contextmanager
    def writer(self, sink: BinaryIO, columns: Sequence[Column]) -> Iterator[RowWriter]:
        """Give a writer of traces into a sink; at the end of the block the file is complete, unless it raised."""
        with (
            compressed(sink, self._outside, f"traces.{self.format}") as inner,
            self._open(inner, columns) as writer,
        ):
            yield writer
            writer.finish()

    def _open(self, sink: BinaryIO, columns: Sequence[Column]) -> AbstractContextManager[RowWriter]:
        if self.format != PARQUET:
            return nullcontext(_ROW_WRITERS[self.format](sink, columns))
        # Slow to load, and only there with its extra.
        from controller.exports.formats.parquet import ParquetWriter  # noqa: PLC0415

        return closing(ParquetWriter(sink, columns, self.compression))


def writes_parquet() -> bool:
    """Whether this controller was installed with what writes parquet."""
    return find_spec("pyarrow") is not None
