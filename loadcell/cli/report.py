"""Where a result goes: the terminal, standard output as JSON, a file."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from google.protobuf.message import Message

from loadcell.cli.failure import EXIT_RUN_FAILED, CommandError
from loadcell.documents import render


def document(message: Message) -> bytes:
    """Return a message as an indented JSON document."""
    return document_of(render(message))


def document_of(data: dict[str, Any]) -> bytes:
    """Return data as an indented JSON document."""
    return orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def print_document(content: bytes) -> None:
    """Write a document to standard output, whole."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing so that nobody sees half of it: it takes its name when the block ends well.

    Raises:
        CommandError: The file cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with partial.open("wb") as file:
            yield file
        partial.replace(path)
    except OSError as error:
        raise CommandError(f"cannot write {path}: {error.strerror}", EXIT_RUN_FAILED) from error
    finally:
        partial.unlink(missing_ok=True)
