"""Files on their way to the controller."""

import io
from collections.abc import AsyncGenerator
from typing import BinaryIO

from loadcell.errors import LoadcellError
from loadcell.protocol import MAX_ASSET_BYTES
from loadcell.uploading import PIECE_BYTES


def check_size(file: BinaryIO, filename: str) -> None:
    """Refuse a file that the controller would refuse, before a quarter of a gigabyte has travelled.

    Raises:
        LoadcellError: PAYLOAD_TOO_LARGE.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if size > MAX_ASSET_BYTES:
        raise LoadcellError("PAYLOAD_TOO_LARGE", f"{filename} has {size:,} bytes, more than {MAX_ASSET_BYTES:,}")


async def pieces_of(file: BinaryIO) -> AsyncGenerator[bytes, None]:
    """Yield a file from where it stands."""
    while piece := file.read(PIECE_BYTES):
        yield piece
