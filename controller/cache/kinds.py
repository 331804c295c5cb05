"""For how long the answers to each kind of question are kept."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from types import MappingProxyType

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


SECONDS: Mapping[Kind, float] = MappingProxyType(
    {
        Kind.TRACES: 60.0,
        Kind.OLD_TRACES: 300.0,
        Kind.TRACE: 300.0,
        Kind.METRICS: 60.0,
        Kind.COSTS: 900.0,
        Kind.FORECAST: 1_800.0,
        Kind.MODELS: 3_600.0,
    }
)


def parse_seconds(text: str) -> Mapping[Kind, float]:
    """Parse "60" for all kinds, or "metrics=30,costs=600" for some, the others staying as they are; 0 keeps none.

    Raises:
        ValueError: It is neither, or a number is not from 0 to 86,400.
    """
    if "=" not in text:
        return MappingProxyType(dict.fromkeys(Kind, _seconds(text)))
    seconds = dict(SECONDS)
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, number = part.partition("=")
        try:
            kind = Kind(name.strip())
        except ValueError:
            raise ValueError(f"{name.strip()!r} is none of {', '.join(one.value for one in Kind)}") from None
        seconds[kind] = _seconds(number)
    return MappingProxyType(seconds)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        raise ValueError(f"{text.strip()!r} is not a number of seconds") from None
    if not (math.isfinite(seconds) and 0 <= seconds <= _MOST_SECONDS):
        raise ValueError(f"must be from 0 to {_MOST_SECONDS:g} seconds")
    return seconds
