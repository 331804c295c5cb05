"""Taking requests out of rollups again: exact, but for the extremes, which nothing tells but the requests left."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from loadcell.stats.packed import subtract as subtract_sketch
from loadcell.stats.rollup import Rollup

EXTREMES = tuple(field.name for field in fields(Rollup) if field.name.endswith(("_min", "_max")))
_KEY = ("grain", "bucket", "context_key")
_SUMS = tuple(
    field.name for field in fields(Rollup) if field.type == "int" and field.name not in (*_KEY, *EXTREMES)
)
_SKETCHES = tuple(field.name for field in fields(Rollup) if field.type == "bytes")


def subtract(whole: Rollup, part: Rollup) -> Rollup:
    """Return a rollup without some of its requests; its extremes stay as they were.

    Raises:
        ValueError: They are not in it.
    """
    sums: dict[str, Any] = {name: getattr(whole, name) - getattr(part, name) for name in _SUMS}
    if min(sums.values()) < 0 or not part.error_classes <= whole.error_classes:
        raise ValueError("what is to be taken out of a rollup is not in it")
    left: dict[str, Any] = {name: subtract_sketch(getattr(whole, name), getattr(part, name)) for name in _SKETCHES}
    return replace(whole, **left, **sums, error_classes=whole.error_classes - part.error_classes)


def extremes_may_change(whole: Rollup, part: Rollup) -> bool:
    """Whether what is taken out of a rollup may be what gave it one of its extremes."""
    return any(getattr(whole, name) == getattr(part, name) for name in EXTREMES)
