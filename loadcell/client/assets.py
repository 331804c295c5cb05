"""Cutting files into the messages of an upload."""

import io
from collections.abc import AsyncGenerator
from typing import BinaryIO

from loadcell.errors import LoadcellError
from loadcell.protocol import MAX_ASSET_BYTES
from loadcell.v1 import run_pb2

PIECE_BYTES = 512 * 1024


def check_size(file: BinaryIO, filename: str) -> None:
    """Refuse a file that the controller would refuse, before a quarter of a gigabyte has travelled.

    Raises:
        LoadcellError: PAYLOAD_TOO_LARGE.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if size > MAX_ASSET_BYTES:
        raise LoadcellError("PAYLOAD_TOO_LARGE", f"{filename} has {size:,} bytes, more than {MAX_ASSET_BYTES:,}")


async def upload_messages(
    file: BinaryIO, kind: run_pb2.AssetKind, filename: str
) -> AsyncGenerator[run_pb2.UploadAssetRequest, None]:
    """Yield the messages of an upload; the first one says what the file is.

    gRPC may still be reading from this when the call has failed, so the file belongs to the caller.
    """
    yield run_pb2.UploadAssetRequest(kind=kind, filename=filename)
    while piece := file.read(PIECE_BYTES):
        yield run_pb2.UploadAssetRequest(data=piece)
