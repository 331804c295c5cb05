"""Cutting files into the messages of an upload."""

from collections.abc import AsyncGenerator
from typing import BinaryIO

from loadcell.v1 import run_pb2

PIECE_BYTES = 512 * 1024


async def upload_messages(
    file: BinaryIO, kind: run_pb2.AssetKind, filename: str
) -> AsyncGenerator[run_pb2.UploadAssetRequest, None]:
    """Yield the messages of an upload; the first one says what the file is.

    gRPC may still be reading from this when the call has failed, so the file belongs to the caller.
    """
    yield run_pb2.UploadAssetRequest(kind=kind, filename=filename)
    while piece := file.read(PIECE_BYTES):
        yield run_pb2.UploadAssetRequest(data=piece)
