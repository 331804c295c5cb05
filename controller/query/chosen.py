"""The fields of an answer that are wanted: paths such as `overview.total_cost` in the message of its data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from google.protobuf.message import Message

from loadcell.errors import LoadcellError

MAX_PATHS = 100
_WHERE = "fields"


def choose(paths: Iterable[str], data: type[Message]) -> frozenset[str]:
    """Return the paths in a message that are wanted, each of which may hold several between commas; none: all.

    Raises:
        LoadcellError: UNKNOWN_FIELD, a path names nothing; LIMIT_EXCEEDED, there are too many.
    """
    parts = [part.strip() for path in paths for part in path.split(",")]
    chosen = frozenset(part for part in parts if part)
    if len(chosen) > MAX_PATHS:
        raise LoadcellError("LIMIT_EXCEEDED", f"at most {MAX_PATHS} fields can be chosen", field=_WHERE)
    for path in sorted(chosen):
        _check(path, data.DESCRIPTOR)
    return chosen


def keep(message: Message, chosen: frozenset[str], within: str = "") -> None:
    """Unset all fields of a message but those that are wanted."""
    if not chosen:
        return
    for field, value in message.ListFields():
        path = f"{within}{field.name}"
        if path in chosen:
            continue
        if not any(other.startswith(f"{path}.") for other in chosen):
            message.ClearField(field.name)
            continue
        for inner in value if field.is_repeated else [value]:
            keep(inner, chosen, f"{path}.")


def _check(path: str, data: Any) -> None:
    place = data
    for name in path.split("."):
        field = place.fields_by_name.get(name) if place is not None else None
        if field is None:
            known = ", ".join(place.fields_by_name) if place is not None else "nothing"
            raise LoadcellError(
                "UNKNOWN_FIELD", f"{path[:64]!r} names no field; there it could be: {known}", field=_WHERE
            )
        is_map = field.message_type is not None and field.message_type.GetOptions().map_entry
        place = None if is_map else field.message_type
