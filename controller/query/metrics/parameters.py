"""Parameters that questions about metrics share: periods, intervals, lists and exact values, checked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from controller.query.traces.values import read_text
from loadcell.errors import LoadcellError
from loadcell.instants import read_time

DAY_MICROS = 86_400 * 1_000_000
MAX_DAYS = 90
# The first and the last microsecond that a timestamp can say: of the years 1 and 9999.
_FIRST, _LAST = -62_135_596_800_000_000, 253_402_300_799_999_999

INTERVALS = {"1min": 60, "5min": 300, "1hour": 3_600, "1day": 86_400}
"""Widths of points in seconds by their names."""

_ALIASES = {
    "1m": "1min",
    "1minute": "1min",
    "one_minute": "1min",
    "5m": "5min",
    "5minutes": "5min",
    "five_minutes": "5min",
    "1h": "1hour",
    "1hr": "1hour",
    "one_hour": "1hour",
    "1d": "1day",
    "one_day": "1day",
}
RAW = "raw"


@dataclass(frozen=True, slots=True)
class Period:
    """A range of time in microseconds since 1970, `end` exclusive, and the time it was asked for."""

    start: int
    end: int
    now: int

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.end - self.start) / 1e6

    def before(self) -> Period:
        """Return the period of equal length that ends where this one starts."""
        return Period(2 * self.start - self.end, self.start, self.now)


def read_period(start: str, end: str, now: int, *, default_days: float, max_days: int = MAX_DAYS) -> Period:
    """Return the period of `start_time` and `end_time`; the start is `default_days` before the end by default.

    Raises:
        LoadcellError: INVALID_FIELD_FORMAT or INVALID_FIELD_VALUE, one is no time; INVALID_DATE_RANGE, the start
            is not before the end, or they are more than `max_days` apart.
    """
    last = _time(end, now, "end_time") if end else now
    first = _time(start, now, "start_time") if start else last - int(default_days * DAY_MICROS)
    if first >= last:
        raise LoadcellError("INVALID_DATE_RANGE", "end_time must be after start_time", field="end_time")
    if last - first > max_days * DAY_MICROS:
        raise LoadcellError(
            "INVALID_DATE_RANGE",
            f"start_time and end_time are {(last - first) / DAY_MICROS:,.1f} days apart, at most {max_days} are"
            " answered at once",
            field="start_time",
        )
    return Period(first, last, now)


def _time(text: str, now: int, where: str) -> int:
    micros = read_time(text, now, where).micros
    # The periods before and after it must be sayable as well.
    if not _FIRST + 366 * DAY_MICROS <= micros <= _LAST - 366 * DAY_MICROS:
        raise LoadcellError("INVALID_FIELD_VALUE", f"{text[:64]!r} is beyond the calendar", field=where)
    return micros


def read_interval(text: str, where: str = "interval", default: str = "1hour", *, raw: bool = False) -> str:
    """Return the name of an interval, one of INTERVALS, or RAW where that is allowed.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE, there is no such interval.
    """
    word = text.strip().lower() or default
    name = _ALIASES.get(word, word)
    if name in INTERVALS or (raw and name == RAW):
        return name
    known = ", ".join([*INTERVALS, *([RAW] if raw else [])])
    raise LoadcellError("INVALID_FIELD_VALUE", f"{where} {text[:64]!r} is not known; known: {known}", field=where)


def read_names(values: Iterable[str], where: str, most: int) -> tuple[str, ...]:
    """Return the names of a list, each once; an entry may hold several between commas.

    Raises:
        LoadcellError: LIMIT_EXCEEDED, there are more than `most`; INVALID_FIELD_VALUE, one is no text.
    """
    parts = [part.strip() for value in values for part in value.split(",")]
    names = dict.fromkeys(read_text(part, where) for part in parts if part)
    if len(names) > most:
        raise LoadcellError("LIMIT_EXCEEDED", f"{where} has {len(names):,} entries, at most {most}", field=where)
    return tuple(names)


def choose(names: Iterable[str], known: Iterable[str], where: str) -> None:
    """Check that all names are known.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE.
    """
    words = list(known)
    for name in names:
        if name not in words:
            raise LoadcellError(
                "INVALID_FIELD_VALUE",
                f"{where} {name[:64]!r} is not known; known: {', '.join(words)}",
                field=where,
            )
