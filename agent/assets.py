"""Uploaded tokenizers and datasets, fetched once from the controller and kept on disk under their hash."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import time
from pathlib import Path

import grpc

from loadcell.data_dir import make_private
from loadcell.errors import LoadcellError
from loadcell.protocol import MAX_ASSET_BYTES
from loadcell.rpc_errors import from_rpc_error
from loadcell.v1 import agent_pb2, agent_pb2_grpc

_FETCH_SECONDS = 600.0
# More than this is kept only of files that somebody has asked for lately, of which one may be read just now.
_KEPT_BYTES = 2 * 1024**3
_LATELY_SECONDS = 2 * _FETCH_SECONDS


class Assets:
    """The files of this agent.

    Args:
        channel: Channel to the controller.
        directory: Where files are kept.
    """

    def __init__(self, channel: grpc.aio.Channel, directory: Path) -> None:
        self._stub = agent_pb2_grpc.AgentServiceStub(channel)
        self._directory = directory
        self._lock = asyncio.Lock()

    async def fetch(self, sha256: str) -> str:
        """Return the path of a file, empty for an empty hash.

        Raises:
            LoadcellError: the controller does not have it, or what came is not it.
            OSError: it cannot be written.
        """
        if not sha256:
            return ""
        if not re.fullmatch("[0-9a-f]{64}", sha256):
            raise LoadcellError("ASSET_NOT_FOUND", f"{sha256[:80]!r} is not the hash of a file")
        path = self._directory / sha256
        async with self._lock:
            try:
                os.utime(path)
            except FileNotFoundError:
                await self._download(sha256, path)
                await asyncio.to_thread(self._make_room)
        return str(path)

    def _make_room(self) -> None:
        """Remove files, and what dead downloads have left, those first that nobody has asked for longest.

        Agents that share the directory may do so at the same time.
        """
        now, files = time.time(), []
        for path in self._directory.iterdir():
            with contextlib.suppress(FileNotFoundError):
                found = path.stat()
                files.append((found.st_mtime, found.st_size, path))
        kept = sum(size for _, size, _ in files)
        for asked, size, path in sorted(files):
            if now - asked > _LATELY_SECONDS and (kept > _KEPT_BYTES or path.suffix == ".part"):
                path.unlink(missing_ok=True)
                kept -= size

    async def _download(self, sha256: str, path: Path) -> None:
        make_private(self._directory)
        part = path.with_name(f"{sha256}.{os.getpid()}.part")
        digest, size = hashlib.sha256(), 0
        try:
            with part.open("wb") as file:
                async for piece in self._stub.GetAsset(
                    agent_pb2.GetAssetRequest(sha256=sha256), timeout=_FETCH_SECONDS
                ):
                    size += len(piece.data)
                    if size > MAX_ASSET_BYTES:
                        raise LoadcellError(
                            "PAYLOAD_TOO_LARGE", f"the uploaded file has more than {MAX_ASSET_BYTES:,} bytes"
                        )
                    digest.update(piece.data)
                    file.write(piece.data)
            if digest.hexdigest() != sha256:
                raise LoadcellError("ASSET_NOT_FOUND", "the uploaded file arrived with another hash than its own")
            part.replace(path)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error
        finally:
            part.unlink(missing_ok=True)
