"""Sinks that compress what is written into them into another sink, which stays open."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

import zstandard

NONE, GZIP, ZIP, ZSTD = "none", "gzip", "zip", "zstd"
COMPRESSIONS = (NONE, GZIP, ZIP, ZSTD)
_GZIP_LEVEL = 6
_ZSTD_LEVEL = 3


@contextmanager
def compressed(sink: BinaryIO, compression: str, filename: str) -> Iterator[BinaryIO]:
    """Give a sink that compresses into another; `filename` is what the only file of a zip is called."""
    match compression:
        case "gzip":
            # Without name and time the same traces give the same bytes.
            with gzip.GzipFile("", "wb", _GZIP_LEVEL, sink, mtime=0) as inner:
                yield cast("BinaryIO", inner)
        case "zstd":
            with zstandard.ZstdCompressor(_ZSTD_LEVEL).stream_writer(sink, closefd=False) as writer:
                yield cast("BinaryIO", writer)
        case "zip":
            info = zipfile.ZipInfo(filename)
            info.compress_type = zipfile.ZIP_DEFLATED
            with zipfile.ZipFile(sink, "w") as archive, archive.open(info, "w", force_zip64=True) as file:
                yield cast("BinaryIO", file)
        case _:
            yield sink
