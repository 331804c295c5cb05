"""For how long the answers to each kind of question are kept."""

from __future__ import annotations

import enum
import math
from typing import NamedTuple

_MOST_SECONDS = 86_400.0


class Kind(enum.Enum):
    """What a question is about."""

    TRACES = "traces"  # up to less than an hour ago, or to now
    OLD_TRACES = "old_traces"
    TRACE = "trace"
    METRICS = "metrics"
    COSTS = "costs"
    FORECAST = "forecast"
    MODELS = "models"


class Seconds(NamedTuple):
    """For how long the answers of each kind are kept; 0: they are not."""

    traces: float = 60.0
    old_traces: float = 300.0
    trace: float = 300.0
    metrics: float = 60.0
    costs: float = 900.0
    forecast: float = 1_800.0
    models: float = 3_600.0

    def of(self, kind: Kind) -> float:
        """Return the seconds of a kind."""
        seconds: float = getattr(self, kind.value)
        return seconds

    def __str__(self) -> str:
        return ",".join(f"{name}={seconds:g}" for name, seconds in self._asdict().items())


def parse_seconds(text: str) -> Seconds:
    """Parse "60" for all kinds, or "metrics=30,costs=600" for some, the others staying as they are; 0 keeps none.

    Raises:
        ValueError: It is neither, or a number is not from 0 to 86,400.
    """
    if "=" not in text:
        return Seconds(*[_seconds(text)] * len(Seconds._fields))
    given: dict[str, float] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, number = part.partition("=")
        if name.strip() not in Seconds._fields:
            raise ValueError(f"{name.strip()!r} is none of {', '.join(Seconds._fields)}")
        given[name.strip()] = _seconds(number)
    return Seconds()._replace(**given)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        raise ValueError(f"{text.strip()!r} is not a number of seconds") from None
    if not (math.isfinite(seconds) and 0 <= seconds <= _MOST_SECONDS):
        raise ValueError(f"must be from 0 to {_MOST_SECONDS:g} seconds")
    return seconds
