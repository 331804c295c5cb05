"""Points in time as people write them: RFC 3339, or relative to the time of the question."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from loadcell.errors import LoadcellError

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - offsets are subtracted as integers, which cannot overflow
_MICROSECOND = timedelta(microseconds=1)
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}  # seconds
MAX_RELATIVE_SECONDS = 100 * 366 * 86_400  # a century

# A plus sign in a URL that was not escaped arrives as a space: it can mean nothing else in these two places.
_ABSOLUTE = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+ -])(\d\d):(\d\d))?", re.ASCII
)
_RELATIVE = re.compile(r"now(?:([+ -])(\d{1,10})([smhdw]))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Instant:
    """A point in time.

    `micros` counts microseconds since 1970 in UTC. `offset_micros` is set for a relative time: the distance from
    the time of the question, the same whenever that was.
    """

    micros: int
    offset_micros: int | None = None


def read_time(text: str, now: int, where: str) -> Instant:
    """Return the instant of an RFC 3339 time or a relative one (now, now-1h, now+5m; units s m h d w).

    A time without an offset is UTC, as all times in answers are. Digits beyond the microsecond are cut off. `now`
    is the time of the question in microseconds since 1970; `where` names the place in the request for the error.

    Raises:
        LoadcellError: INVALID_FIELD_FORMAT, it is neither; INVALID_FIELD_VALUE, it is beyond the calendar.
    """
    if match := _RELATIVE.fullmatch(text):
        offset = _relative_micros(match, text, where)
        return Instant(now + offset, offset)
    if match := _ABSOLUTE.fullmatch(text):
        return Instant(_absolute_micros(match, text, where))
    raise LoadcellError(
        "INVALID_FIELD_FORMAT",
        f"{text[:64]!r} is no time; write 2026-01-31T12:00:00Z, or now-1h with one of the units s, m, h, d, w",
        field=where,
    )


def _relative_micros(match: re.Match[str], text: str, where: str) -> int:
    sign, count, unit = match.groups()
    if count is None:
        return 0
    seconds = int(count) * _UNITS[unit]
    if seconds > MAX_RELATIVE_SECONDS:
        raise LoadcellError("INVALID_FIELD_VALUE", f"{text!r} is more than a century away", field=where)
    return seconds * (-1_000_000 if sign == "-" else 1_000_000)


def _absolute_micros(match: re.Match[str], text: str, where: str) -> int:
    day, time, fraction, sign, hours, minutes = match.groups()
    try:
        local = datetime.fromisoformat(f"{day}T{time}")
    except ValueError as error:
        raise LoadcellError("INVALID_FIELD_VALUE", f"{text!r} is no time: {error}", field=where) from error
    if sign is not None and (int(hours) > 23 or int(minutes) > 59):
        raise LoadcellError("INVALID_FIELD_VALUE", f"{text!r} has no offset of a time zone", field=where)
    east = (int(hours) * 60 + int(minutes)) * (-60_000_000 if sign == "-" else 60_000_000) if sign else 0
    return (local - _EPOCH) // _MICROSECOND + int((fraction or "").ljust(6, "0")[:6]) - east
