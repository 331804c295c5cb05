"""Free-form values, which clients make up: plain as of JSON, or as Struct, ListValue and Value. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.struct_pb2 import ListValue, Struct, Value

from loadcell.errors import LoadcellError

MAX_NESTING = 20
"""Levels of a free-form value. Protobuf spends three of its 100 levels on each."""

_MOST_NAMED = 256
"""Characters of a path in an error: keys may be long, and there may be one on each level."""

_UNFIT = re.compile("[\0\ud800-\udfff]")


def check_free_form(value: Any, path: str) -> None:
    """Refuse a value that some document, message or database could not carry.

    Args:
        value: plain or a message; a Value without a kind is null.
        path: dotted path of the value in the request.

    Raises:
        LoadcellError: LIMIT_EXCEEDED, it is nested too deep; INVALID_FIELD_VALUE, a number in it is not finite, or
            a key or text has a NUL or half of a surrogate pair. `field` is the dotted path.
    """
    if nesting(value) > MAX_NESTING:
        raise LoadcellError("LIMIT_EXCEEDED", f"{path} is nested more than {MAX_NESTING} deep", field=path)
    _check_content(value, path)


def nesting(value: Any) -> int:
    """Return the levels of a value: 1 of one that has nothing inside."""
    found = _plain(value)
    inside = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
    return 1 + max(map(nesting, inside), default=0)


def _check_content(value: Any, path: str) -> None:
    found = _plain(value)
    if isinstance(found, float) and not math.isfinite(found):
        raise _refused(path, "{} must be a finite number")
    if isinstance(found, str) and _UNFIT.search(found):
        raise _refused(path, "{} has a NUL or half of a surrogate pair; leave it out")
    if isinstance(found, dict) and any(map(_UNFIT.search, found)):
        # The key itself is not named: no error could carry it.
        raise _refused(path, "a key of {} has a NUL or half of a surrogate pair; leave it out")
    for at, entry in _entries(found, path):
        _check_content(entry, at)


def _entries(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield the path and the value of everything directly inside."""
    if isinstance(value, dict):
        for key, entry in value.items():
            yield f"{path}.{key}", entry
    elif isinstance(value, list):
        for position, entry in enumerate(value):
            yield f"{path}[{position}]", entry


def _plain(value: Any) -> Any:
    """Return what a message holds, of which only the outermost level is plain; other values are returned."""
    if isinstance(value, Value):
        kind = value.WhichOneof("kind")
        value = None if kind in (None, "null_value") else getattr(value, str(kind))
    if isinstance(value, Struct):
        return dict(value.fields)
    return list(value.values) if isinstance(value, ListValue) else value


def _refused(path: str, message: str) -> LoadcellError:
    named = path[:_MOST_NAMED]
    return LoadcellError("INVALID_FIELD_VALUE", message.format(named), field=named)
