"""Datasets in JSON Lines: what one may look like, for those who send, store and use them.

One object a line: "prompt" (text) or "messages" (chat), and optionally "output_len" (tokens; null: not given).
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import orjson

from loadcell.protocol import MAX_TOKENS

MAX_LINE_BYTES = 16 * 1024 * 1024
MAX_MESSAGES = 10_000
_FIELDS = ("prompt", "messages", "output_len")
_PIECE_BYTES = 1024 * 1024


class DatasetError(Exception):
    """A dataset cannot be used; the text names the file, the line and the reason.

    Attributes:
        line: Number of the line, from 1; 0 when the file as a whole is meant.
    """

    def __init__(self, filename: str, line: int, reason: str) -> None:
        super().__init__(f"{filename} line {line}: {reason}" if line else f"{filename} {reason}")
        self.line = line


@dataclass(frozen=True, slots=True)
class Row:
    """One request: either `prompt` or `messages` is set; `output_len` is the completion length in tokens."""

    prompt: str | None
    messages: list[dict[str, Any]] | None
    output_len: int | None


class DatasetReader:
    """Reads a dataset that comes in pieces, however they are cut.

    Args:
        filename: What errors call the file.
    """

    def __init__(self, filename: str) -> None:
        self._filename = filename
        self._line = 1
        self._open = bytearray()
        self._empty = True

    def feed(self, piece: bytes) -> list[Row]:
        """Return the rows that this piece completes.

        Raises:
            DatasetError: A line cannot be used.
        """
        *ends, rest = piece.split(b"\n")
        rows = []
        for end in ends:
            self._extend(end)
            rows += self._row()
            self._open.clear()
            self._line += 1
        self._extend(rest)
        return rows

    def finish(self) -> list[Row]:
        """Return the row of a last line without line break.

        Raises:
            DatasetError: It cannot be used, or there has been no row at all.
        """
        rows = self._row()
        if self._empty:
            raise DatasetError(self._filename, 0, "has no rows")
        return rows

    def _extend(self, data: bytes) -> None:
        self._open += data
        if len(self._open) > MAX_LINE_BYTES:
            raise DatasetError(self._filename, self._line, f"the line has more than {MAX_LINE_BYTES:,} bytes")

    def _row(self) -> list[Row]:
        if not self._open.strip():
            return []
        self._empty = False
        try:
            # Editors of some systems begin a text in UTF-8 with a byte order mark.
            return [parse_row(self._open.removeprefix(BOM_UTF8) if self._line == 1 else self._open)]
        except ValueError as error:
            raise DatasetError(self._filename, self._line, str(error)) from error


def read_rows(file: BinaryIO, filename: str) -> Iterator[Row]:
    """Yield the rows of a file.

    Raises:
        DatasetError: A line cannot be used, or there is no row.
        OSError: The file cannot be read.
    """
    reader = DatasetReader(filename)
    while piece := file.read(_PIECE_BYTES):
        yield from reader.feed(piece)
    yield from reader.finish()


def parse_row(line: bytes | bytearray) -> Row:
    """Return the row of one line.

    Raises:
        ValueError: It cannot be used; the text says why.
    """
    try:
        found: Any = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - a fault of the file, not of the program
    unknown = sorted(found.keys() - _FIELDS)
    if unknown:
        raise ValueError(f'unknown field "{unknown[0][:64]}"; known are {", ".join(_FIELDS)}')
    if ("prompt" in found) == ("messages" in found):
        raise ValueError('needs either "prompt" or "messages"')
    if "prompt" in found:
        return Row(_prompt(found["prompt"]), None, _output_len(found.get("output_len")))
    return Row(None, _messages(found["messages"]), _output_len(found.get("output_len")))


def _output_len(value: object) -> int | None:
    # bool is a subclass of int; true is not a length.
    if value is not None and (type(value) is not int or not 1 <= value <= MAX_TOKENS):
        raise ValueError(f'"output_len" must be a whole number from 1 to {MAX_TOKENS:,}')
    return value


def _prompt(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError('"prompt" must be a text that is not empty')
    return value


def _messages(value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_MESSAGES:
        raise ValueError(f'"messages" must be a list of 1 to {MAX_MESSAGES:,} messages')
    for position, message in enumerate(value):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise ValueError(f'message {position} must be an object with a "role"')  # noqa: TRY004 - a fault of the file
        # OpenAI's own messages have "content": null where the assistant calls a tool.
        if "content" not in message or not isinstance(message["content"], str | list | None):
            raise ValueError(f'message {position} must have a "content"')
    return value
