"""Status words: three are stored, and other systems' words and HTTP numbers are understood."""

from __future__ import annotations

from loadcell.errors import LoadcellError

_WORDS = {
    "ok": "OK",
    "success": "OK",
    "error": "ERROR",
    "unset": "UNSET",  # cancelled, or still in flight when observation ended
    "pending": "UNSET",
}


def read_status(value: object, where: str) -> str | int:
    """Return OK, ERROR or UNSET for a status word in any case, or the number of an HTTP status (100 to 599).

    A number asks for the requests that were answered with this HTTP status, which is more exact than a word.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE, it is neither; INVALID_FIELD_FORMAT, it is not even of such a type.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise LoadcellError(
            "INVALID_FIELD_FORMAT", f"a value of type {type(value).__name__} is no status", field=where
        )
    text = value.strip().lower() if isinstance(value, str) else f"{value:.17g}"[:64]
    if text in _WORDS:
        return _WORDS[text]
    if len(text) == 3 and text.isascii() and text.isdigit() and 100 <= int(text) <= 599:
        return int(text)
    raise LoadcellError(
        "INVALID_FIELD_VALUE",
        f"status {text[:64]!r} is not known; known: {', '.join(_WORDS)} and HTTP numbers (429)",
        field=where,
    )
