"""Cutting files into the messages of an upload."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

from loadcell.v1 import run_pb2

PIECE_BYTES = 512 * 1024


async def upload_messages(
    source: Path | bytes, kind: run_pb2.AssetKind, filename: str
) -> AsyncGenerator[run_pb2.UploadAssetRequest, None]:
    """Yield the messages of an upload; the first one says what the file is."""
    first = run_pb2.UploadAssetRequest(kind=kind, filename=filename)
    if isinstance(source, bytes):
        yield first
        for start in range(0, len(source), PIECE_BYTES):
            yield run_pb2.UploadAssetRequest(data=source[start : start + PIECE_BYTES])
        return
    file = await asyncio.to_thread(source.open, "rb")
    try:
        yield first
        while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
            yield run_pb2.UploadAssetRequest(data=piece)
    finally:
        file.close()
