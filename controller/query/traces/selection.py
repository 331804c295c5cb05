"""What an answer carries: the fields of a trace, and what goes with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from controller.query.traces.fields import Field, find_path
from loadcell.errors import LoadcellError

MAX_SELECTED = 100
INCLUDES = ("children", "evaluations", "feedback")


@dataclass(frozen=True, slots=True)
class Selected:
    """One field of the answer, or one key of a field that is an object; under its name in the table of fields."""

    field: Field
    key: str | None = None


def read_selection(paths: Iterable[str], where: str = "fields") -> tuple[Selected, ...]:
    """Return the fields that paths such as `model` and `attributes.team` select, each once; none selects all.

    Raises:
        LoadcellError: UNKNOWN_FIELD, a path names nothing; LIMIT_EXCEEDED, there are too many.
    """
    selected = list(dict.fromkeys(Selected(*find_path(path, where)) for path in paths))
    if len(selected) > MAX_SELECTED:
        raise LoadcellError("LIMIT_EXCEEDED", f"at most {MAX_SELECTED} fields can be selected", field=where)
    whole = {one.field for one in selected if one.key is None}
    return tuple(one for one in selected if one.key is None or one.field not in whole)


def read_include(names: Iterable[str], where: str = "include") -> tuple[str, ...]:
    """Return what is to go with each trace, each once and in the order of INCLUDES.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE, a name is none of INCLUDES.
    """
    asked = set(names)
    for name in sorted(asked - set(INCLUDES)):
        raise LoadcellError(
            "INVALID_FIELD_VALUE", f"{name[:64]!r} cannot be included; known: {', '.join(INCLUDES)}", field=where
        )
    return tuple(name for name in INCLUDES if name in asked)
