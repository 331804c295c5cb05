"""Checking uploaded files while they arrive: a malformed one is refused with the line that is wrong."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import AsyncIterable, Iterator
from types import TracebackType
from typing import Self

import orjson

from controller.store.records import AssetRecord
from loadcell.errors import LoadcellError
from loadcell.v1 import run_pb2

MAX_ASSET_BYTES = 256 * 1024 * 1024
MAX_LINE_BYTES = 16 * 1024 * 1024
MAX_MESSAGES = 10_000
PIECE_BYTES = 1024 * 1024


class Upload:
    """One file on its way in, kept in a temporary file until all of it has been checked."""

    def __init__(self, kind: run_pb2.AssetKind, filename: str) -> None:
        if kind not in (run_pb2.ASSET_KIND_TOKENIZER, run_pb2.ASSET_KIND_DATASET):
            raise LoadcellError("MISSING_REQUIRED_FIELD", "kind must be tokenizer or dataset", field="kind")
        self._kind = kind
        self._filename = filename or ("dataset" if kind == run_pb2.ASSET_KIND_DATASET else "tokenizer")
        self._hash = hashlib.sha256()
        self._size = 0
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._check = DatasetCheck(self._filename) if kind == run_pb2.ASSET_KIND_DATASET else None

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
        if self._check is not None:
            self._check.add(data)

    def finish(self) -> AssetRecord:
        """Return what the file is, now that all of it is there.

        Raises:
            LoadcellError: MALFORMED_DATASET, INVALID_FIELD_VALUE.
        """
        if self._check is not None:
            self._check.finish()
        else:
            self._check_tokenizer()
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

    def _no_tokenizer(self, why: str) -> LoadcellError:
        return LoadcellError("INVALID_FIELD_VALUE", f"{self._filename} is no tokenizer.json: {why}", field="data")


async def receive(requests: AsyncIterable[run_pb2.UploadAssetRequest]) -> Upload:
    """Return a whole upload; the caller closes it.

    Raises:
        LoadcellError: MISSING_REQUIRED_FIELD without a kind, and what `Upload.add` raises.
    """
    first = await anext(aiter(requests), None)
    if first is None:
        raise LoadcellError("MISSING_REQUIRED_FIELD", "the stream has no message", field="kind")
    upload = Upload(first.kind, first.filename[:256])
    try:
        upload.add(first.data)
        async for request in requests:
            upload.add(request.data)
    except BaseException:
        upload.close()
        raise
    return upload


class DatasetCheck:
    """Checks JSON Lines with the fields prompt or messages, and output_len; other fields are let be."""

    def __init__(self, filename: str) -> None:
        self._filename = filename
        self._line = 0
        self._rest = b""
        self._entries = 0

    def add(self, data: bytes) -> None:
        """Check the lines that this piece completes. Raises MALFORMED_DATASET."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._check(line)
        if len(self._rest) > MAX_LINE_BYTES:
            self._line += 1
            raise self._malformed(f"the line has more than {MAX_LINE_BYTES:,} bytes")

    def finish(self) -> None:
        """Check the last line, and that there was one. Raises MALFORMED_DATASET."""
        self._check(self._rest)
        if not self._entries:
            raise LoadcellError("MALFORMED_DATASET", f"{self._filename} has no entries")

    def _check(self, line: bytes) -> None:
        self._line += 1
        if not line.strip():
            return
        try:
            entry = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise self._malformed(f"not JSON: {error}") from error
        problem = _entry_problem(entry)
        if problem:
            raise self._malformed(problem)
        self._entries += 1

    def _malformed(self, why: str) -> LoadcellError:
        return LoadcellError(
            "MALFORMED_DATASET",
            f"{self._filename} line {self._line}: {why}",
            metadata={"line": str(self._line), "filename": self._filename},
        )


def _entry_problem(entry: object) -> str:
    if not isinstance(entry, dict):
        return "not a JSON object"
    if ("prompt" in entry) == ("messages" in entry):
        return 'needs either "prompt" or "messages"'
    if "prompt" in entry and not (isinstance(entry["prompt"], str) and entry["prompt"]):
        return '"prompt" must be a text that is not empty'
    if "messages" in entry and (problem := _messages_problem(entry["messages"])):
        return problem
    length = entry.get("output_len")
    if length is not None and (type(length) is not int or not 1 <= length <= 1_000_000):
        return '"output_len" must be a whole number from 1 to 1,000,000'
    return ""


def _messages_problem(messages: object) -> str:
    if not isinstance(messages, list) or not 1 <= len(messages) <= MAX_MESSAGES:
        return f'"messages" must be a list of 1 to {MAX_MESSAGES:,} messages'
    for position, message in enumerate(messages):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            return f'message {position} must be an object with a "role"'
        if not isinstance(message.get("content"), str | list):
            return f'message {position} must have a "content"'
    return ""
