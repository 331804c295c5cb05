"""Status words: three are stored, and other systems' words and HTTP numbers are understood."""

from __future__ import annotations

import re

from loadcell.documents import kind_of
from loadcell.errors import LoadcellError

_WORDS = {
    "ok": "OK",
    "success": "OK",
    "error": "ERROR",
    "unset": "UNSET",  # cancelled, or still in flight when observation ended
    "pending": "UNSET",
}
_NUMBER = re.compile("[0-9]{3}")
_HTTP = range(100, 600)


def read_status(value: object, where: str) -> str | int:
    """Return OK, ERROR or UNSET for a status word in any case, or the number of an HTTP status (100 to 599).

    A number asks for the requests that were answered with this HTTP status, which is more exact than a word.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE, it is neither; INVALID_FIELD_FORMAT, it is not even of such a type.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise LoadcellError("INVALID_FIELD_FORMAT", f"{kind_of(value)} is no status", field=where)
    word = value.strip().lower() if isinstance(value, str) else value
    if word in _WORDS:
        return _WORDS[str(word)]
    number = int(word) if isinstance(word, str) and _NUMBER.fullmatch(word) else word
    if number in _HTTP:
        return int(number)
    raise LoadcellError(
        "INVALID_FIELD_VALUE",
        f"the status is not one of {', '.join(_WORDS)} or the number of an HTTP status, such as 429",
        field=where,
    )
