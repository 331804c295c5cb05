"""Values of conditions, checked: whatever passes can be a parameter of a statement on both engines."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from controller.query.traces.fields import Field, Kind
from controller.query.traces.status import read_status
from loadcell.documents import kind_of
from loadcell.errors import LoadcellError
from loadcell.instants import Instant, read_time

MAX_TEXT = 1_024  # characters
MAX_NUMBER = 2**53  # beyond, a float is not exact
MAX_VALUES = 1_000  # of one list

_HEX = {Kind.TRACE_ID: re.compile("[0-9a-f]{32}"), Kind.SPAN_ID: re.compile("[0-9a-f]{16}")}


def read_value(field: Field, value: object, now: int, where: str) -> str | int | float | bool | Instant:
    """Return one value to compare a field with; for a status also the number of an HTTP status.

    `now` is the time of the question in microseconds since 1970; `where` names the place in the request.

    Raises:
        LoadcellError: INVALID_FIELD_FORMAT or INVALID_FIELD_VALUE, the value does not fit the field.
    """
    if field.kind in _READERS:
        return _READERS[field.kind](value, where)
    text = read_text(value, where)
    if field.kind is Kind.TIME:
        return read_time(text, now, where)
    if field.kind in _HEX:
        text = text.lower()
        if not _HEX[field.kind].fullmatch(text):
            raise LoadcellError(
                "INVALID_FIELD_FORMAT", f"{text[:64]!r} is no {field.name} of {field.kind.value}", field=where
            )
    return text


def read_text(value: object, where: str, most: int = MAX_TEXT) -> str:
    """Return a text of 1 to `most` characters, which both engines can take as a parameter.

    Raises:
        LoadcellError: INVALID_FIELD_FORMAT or INVALID_FIELD_VALUE, it is no such text.
    """
    if not isinstance(value, str):
        raise _wrong_type(value, "a text", where)
    if not value:
        raise LoadcellError("INVALID_FIELD_VALUE", "the text is empty; null asks for no value", field=where)
    if len(value) > most:
        raise LoadcellError(
            "INVALID_FIELD_VALUE", f"the text has {len(value):,} characters, at most {most:,} fit", field=where
        )
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise LoadcellError("INVALID_FIELD_VALUE", "the text has a NUL or half of a surrogate pair", field=where)
    return value


def read_number(value: object, where: str) -> int | float:
    """Return a finite number of at most 2^53 either way; one without a fraction is an int.

    Raises:
        LoadcellError: INVALID_FIELD_FORMAT or INVALID_FIELD_VALUE, it is no such number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong_type(value, "a number", where)
    # Compared as it is: a huge integer has no float, and none can be shown that has too many digits.
    if not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            "the number is not finite or is beyond 2^53 (9,007,199,254,740,992)",
            field=where,
        )
    whole = math.trunc(value)
    return whole if whole == value else value


def read_flag(value: object, where: str) -> bool:
    """Return true or false.

    Raises:
        LoadcellError: INVALID_FIELD_FORMAT, it is neither.
    """
    if not isinstance(value, bool):
        raise _wrong_type(value, "true or false", where)
    return value


def read_list(value: object, where: str) -> list[object]:
    """Return a list of 1 to MAX_VALUES values.

    Raises:
        LoadcellError: INVALID_FIELD_FORMAT or INVALID_FIELD_VALUE, it is no such list.
    """
    if not isinstance(value, list | tuple):
        raise _wrong_type(value, "a list", where)
    if not 1 <= len(value) <= MAX_VALUES:
        raise LoadcellError(
            "INVALID_FIELD_VALUE", f"the list has {len(value):,} values, not 1 to {MAX_VALUES}", field=where
        )
    return list(value)


def _read_inner(value: object, where: str) -> str | int | float | bool:
    if isinstance(value, bool):
        return value
    return read_text(value, where) if isinstance(value, str) else read_number(value, where)


def _wrong_type(value: object, wanted: str, where: str) -> LoadcellError:
    return LoadcellError("INVALID_FIELD_FORMAT", f"{kind_of(value)} is not {wanted}", field=where)


_READERS: dict[Kind, Callable[[object, str], str | int | float | bool]] = {
    Kind.NUMBER: read_number,
    Kind.FLAG: read_flag,
    Kind.STATUS: read_status,
    Kind.OBJECT: _read_inner,
}
