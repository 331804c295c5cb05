"""What an answer carries: the fields of a trace, and what goes with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from controller.query.traces.fields import Field, find_path
from loadcell.errors import LoadcellError

MAX_SELECTED = 100
INCLUDES = ("children", "evaluations", "feedback")
INCLUDES_OF_ONE = (*INCLUDES, "timeline")  # of a single trace only: a timeline is as long as the answer


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


def read_include(names: Iterable[str], where: str = "include", *, of_one: bool = False) -> tuple[str, ...]:
    """Return what is to go with each trace of a list, or with a single one, each once and in a fixed order.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE, a name is not known.
    """
    asked, known = set(names), INCLUDES_OF_ONE if of_one else INCLUDES
    for name in sorted(asked - set(known)):
        raise LoadcellError(
            "INVALID_FIELD_VALUE", f"{name[:64]!r} cannot be included; known: {', '.join(known)}", field=where
        )
    return tuple(name for name in known if name in asked)
