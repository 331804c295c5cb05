"""Values of requests held against their bounds; each refusal names the field and the value. Pure."""

from __future__ import annotations

import math
from typing import Any

from loadcell.errors import LoadcellError

MAX_TEXT = 1_024  # characters of a name


def text(name: str, value: str) -> str:
    """Return a text that is not too long and has no control characters.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE.
    """
    if len(value) > MAX_TEXT or any(ord(character) < 0x20 or ord(character) == 0x7F for character in value):
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"{name} must have at most {MAX_TEXT} characters and no control characters",
            field=name,
        )
    return value


def whole(request: Any, name: str, default: int, low: int, high: int) -> int:
    """Return an optional field of a request, or its default.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE.
    """
    return in_range(name, getattr(request, name) if request.HasField(name) else default, low, high)


def in_range(name: str, value: int, low: int, high: int) -> int:
    """Return a number that is in its range, both ends included.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE.
    """
    if not low <= value <= high:
        raise LoadcellError(
            "INVALID_FIELD_VALUE", f"{name} must be from {low:,} to {high:,}, not {value}", field=name
        )
    return value


def real(name: str, value: float, low: float, high: float, *, above: bool = False) -> float:
    """Return a number that is in its range, both ends included; with `above` without the lower one.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE.
    """
    if not math.isfinite(value) or value > high or value < low or (above and value <= low):
        bounds = f"above {low:g} and at most {high:,.0f}" if above else f"from {low:g} to {high:,.0f}"
        raise LoadcellError("INVALID_FIELD_VALUE", f"{name} must be {bounds}, not {value:g}", field=name)
    return value
