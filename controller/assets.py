"""Checking uploaded files while they arrive: a malformed one is refused with the line that is wrong."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import tempfile
from collections.abc import AsyncIterable, Iterator
from types import TracebackType
from typing import Self

import orjson

from controller.bounds import text
from controller.store.records import AssetRecord
from loadcell.dataset import DatasetError, DatasetReader
from loadcell.errors import LoadcellError
from loadcell.protocol import MAX_ASSET_BYTES
from loadcell.v1 import result_pb2, run_pb2

PIECE_BYTES = 1024 * 1024
REFUSE_SECONDS = 30.0  # for the rest of a file that is refused


class Upload:
    """One file on its way in, kept in a temporary file until all of it has been checked.

    Attributes:
        row_count: Rows of a dataset, once all of it is there; 0 of a tokenizer.
    """

    def __init__(self, kind: run_pb2.AssetKind, filename: str) -> None:
        if kind not in (run_pb2.ASSET_KIND_TOKENIZER, run_pb2.ASSET_KIND_DATASET):
            raise LoadcellError("MISSING_REQUIRED_FIELD", "kind must be tokenizer or dataset", field="kind")
        self._kind = kind
        self._filename = filename or ("dataset" if kind == run_pb2.ASSET_KIND_DATASET else "tokenizer")
        self._hash = hashlib.sha256()
        self._size = 0
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._rows = DatasetReader(self._filename) if kind == run_pb2.ASSET_KIND_DATASET else None
        self.row_count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the temporary file."""
        self._file.close()

    def add(self, data: bytes) -> None:
        """Take the next piece.

        Raises:
            LoadcellError: PAYLOAD_TOO_LARGE, MALFORMED_DATASET.
        """
        self._size += len(data)
        if self._size > MAX_ASSET_BYTES:
            raise LoadcellError("PAYLOAD_TOO_LARGE", f"{self._filename} has more than {MAX_ASSET_BYTES:,} bytes")
        self._hash.update(data)
        self._file.write(data)
        if self._rows is not None:
            try:
                self.row_count += len(self._rows.feed(data))
            except DatasetError as error:
                raise self._malformed(error) from error

    def finish(self) -> AssetRecord:
        """Return what the file is, now that all of it is there.

        Raises:
            LoadcellError: MALFORMED_DATASET, INVALID_FIELD_VALUE.
        """
        if self._rows is None:
            self._check_tokenizer()
        else:
            try:
                self.row_count += len(self._rows.finish())
            except DatasetError as error:
                raise self._malformed(error) from error
        return AssetRecord(self._hash.hexdigest(), self._kind, self._filename, self._size)

    def pieces(self) -> Iterator[bytes]:
        """Yield the file in pieces of 1 MiB."""
        self._file.seek(0)
        while piece := self._file.read(PIECE_BYTES):
            yield piece

    def _check_tokenizer(self) -> None:
        self._file.seek(0)
        try:
            found = orjson.loads(self._file.read())
        except orjson.JSONDecodeError as error:
            raise self._no_tokenizer(f"it is not JSON: {error}") from error
        if not isinstance(found, dict) or not isinstance(found.get("model"), dict):
            raise self._no_tokenizer('it has no "model"')

    def _malformed(self, error: DatasetError) -> LoadcellError:
        where = {"line": str(error.line), "filename": self._filename}
        return LoadcellError("MALFORMED_DATASET", str(error), metadata=where)

    def _no_tokenizer(self, why: str) -> LoadcellError:
        return LoadcellError("INVALID_FIELD_VALUE", f"{self._filename} is no tokenizer.json: {why}", field="data")


def assets_of(config: result_pb2.RunConfig) -> set[str]:
    """Return the hashes of the files a run uses."""
    return {asset for asset in (config.tokenizer_asset, config.dataset_asset) if asset}


async def receive(requests: AsyncIterable[run_pb2.UploadAssetRequest]) -> Upload:
    """Return a whole upload; the caller closes it.

    A file that is wrong is refused at its end: a caller who is still sending might not learn why.

    Raises:
        LoadcellError: MISSING_REQUIRED_FIELD without a kind, INVALID_FIELD_VALUE for a name that is none, and what
            `Upload.add` raises.
    """
    messages = aiter(requests)
    first = await anext(messages, None)
    if first is None:
        raise LoadcellError("MISSING_REQUIRED_FIELD", "the stream has no message", field="kind")
    upload: Upload | None = None
    try:
        upload = Upload(first.kind, text("filename", first.filename)[:256])
        # Rows are read in a thread: half a MiB of short ones takes long enough for others to notice.
        await asyncio.to_thread(upload.add, first.data)
        async for request in messages:
            await asyncio.to_thread(upload.add, request.data)
    except BaseException as error:
        if upload is not None:
            upload.close()
        if isinstance(error, LoadcellError):
            await _read_to_the_end(messages)
        raise
    return upload


async def _read_to_the_end(messages: AsyncIterable[run_pb2.UploadAssetRequest]) -> None:
    """Read what is left of a stream, or as much and as long as is reasonable."""
    size = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(REFUSE_SECONDS):
            async for message in messages:
                size += len(message.data)
                if size > MAX_ASSET_BYTES:
                    return
