"""Leaves out what a call did not ask for: `fields` of a GET names what is wanted of the data of an answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def leave_out(document: dict[str, Any], paths: Iterable[str]) -> None:
    """Remove fields of `data` that are not wanted; none wanted: all stay.

    The controller has left these fields empty. Only empty ones are removed, so that whatever it calls a field by
    another name stays.
    """
    chosen = {part.strip() for path in paths for part in path.split(",")} - {""}
    if chosen and "data" in document:
        document["data"] = _kept(document["data"], chosen, "")


def _kept(value: Any, chosen: set[str], within: str) -> Any:
    if isinstance(value, list):
        return [_kept(one, chosen, within) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for name, inner in value.items():
        path = f"{within}{name}"
        if path in chosen:
            kept[name] = inner
        elif inner:
            kept[name] = _kept(inner, chosen, f"{path}.")
        elif any(other.startswith(f"{path}.") for other in chosen):
            kept[name] = inner
    return kept
