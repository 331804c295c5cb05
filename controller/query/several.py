"""Questions about several things by their identifiers."""

from __future__ import annotations

from collections.abc import Sequence

from controller.query.traces.values import read_text
from loadcell.errors import LoadcellError

MAX_SEVERAL = 100


def read_several(identifiers: Sequence[str], where: str) -> dict[str, str]:
    """Return the identifiers, each once and in their order, with their places in the request.

    Raises:
        LoadcellError: MISSING_REQUIRED_FIELD, LIMIT_EXCEEDED, there are none or too many; INVALID_FIELD_VALUE, one
            cannot be an identifier; the error names `where` or the place in it.
    """
    if not identifiers:
        raise LoadcellError("MISSING_REQUIRED_FIELD", f"{where} is required: 1 to {MAX_SEVERAL}", field=where)
    if len(identifiers) > MAX_SEVERAL:
        raise LoadcellError("LIMIT_EXCEEDED", f"at most {MAX_SEVERAL} can be asked for at once", field=where)
    found: dict[str, str] = {}
    for number, identifier in enumerate(identifiers):
        place = f"{where}[{number}]"
        if not identifier:
            raise LoadcellError("MISSING_REQUIRED_FIELD", f"{place} is empty", field=place)
        found.setdefault(read_text(identifier, place), place)
    return found
