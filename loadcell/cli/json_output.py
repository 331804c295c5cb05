"""Answers as JSON documents on standard output or for a file."""

import sys
from typing import Any

import orjson
from google.protobuf.message import Message

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
