"""What a document shows of the value of a field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import strawberry
from strawberry.types.nodes import SelectedField, Selection


def shown(info: strawberry.Info[Any], within: str = "") -> set[str]:
    """Return the names of the fields that are asked for, whether or not a directive leaves them out later.

    Args:
        info: the field that is being answered.
        within: a field of its value, whose fields are meant; empty: those of the value.
    """
    found = _inside(info.selected_fields)
    if within:
        found = _inside(field for field in found if field.name == within)
    return {field.name for field in found}


def _inside(fields: Iterable[Selection]) -> Iterator[SelectedField]:
    for field in fields:
        for one in field.selections:
            if isinstance(one, SelectedField):
                yield one
            else:
                yield from _inside([one])
