"""JSON text to data."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import orjson

from loadcell.errors import LoadcellError

MAX_DEPTH = 100
"""Objects and lists inside one another; no document of the contract has as many."""

MAX_VALUES = 250_000
"""Values in a document, or commas in its texts; reading millions takes seconds, in which nobody else is served."""


def load(body: bytes, what: str = "the body") -> Any:
    """Return what a JSON text says; `what` is how errors call it.

    Raises:
        LoadcellError: INVALID_REQUEST when the text is not JSON, is nested too deep or gives a key of an object
            twice. Parsers disagree on which of the two counts, so neither is taken. LIMIT_EXCEEDED when there are
            very many values in it.
    """
    if sum(body.count(mark) for mark in (b",", b"[", b"{")) > MAX_VALUES:
        raise LoadcellError("LIMIT_EXCEEDED", f"{what} has more than {MAX_VALUES:,} values")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise LoadcellError("INVALID_REQUEST", f"{what} is not JSON: {error}") from None
    try:
        # orjson keeps the last of two equal keys silently and has no hook; numbers need not be made again.
        json.loads(body, object_pairs_hook=partial(_once_each, what), parse_int=len, parse_float=len)
    except RecursionError:
        raise _too_deep(what) from None
    _check_depth(value, what)
    return value


def _check_depth(value: Any, what: str) -> None:
    """Look at one depth after the other, for a recursion would be as deep as the document."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        inner = (part.values() if isinstance(part, dict) else part for part in level)
        level = [part for parts in inner for part in parts if isinstance(part, dict | list)]
        if not level:
            return
    raise _too_deep(what)


def _too_deep(what: str) -> LoadcellError:
    return LoadcellError("INVALID_REQUEST", f"{what} is nested more than {MAX_DEPTH} deep")


def _once_each(what: str, pairs: list[tuple[str, Any]]) -> None:
    seen = set()
    for key, _ in pairs:
        if key in seen:
            raise LoadcellError("INVALID_REQUEST", f"{what} gives {key} twice", field=key)
        seen.add(key)
