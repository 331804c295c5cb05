"""One thing that a result says, before it is put into words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

INFO, WARNING, CRITICAL = "info", "warning", "critical"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a code means is said in `words_en.toml`.

    Attributes:
        code: What was found, in capitals.
        severity: INFO, WARNING or CRITICAL.
        numbers: What it rests on, all finite. Those named `load` or `load_...` are loads of levels, those named
            `throughput` or `throughput_...` throughputs.
        open_loop: Whether loads are requests per second instead of requests in flight.
        in_tokens: Whether throughputs are in tokens per second instead of requests per second.
        details: Sentences that were recorded with the result, in English.
    """

    code: str
    severity: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    open_loop: bool = False
    in_tokens: bool = True
    details: tuple[str, ...] = ()


def known(**numbers: float | None) -> dict[str, float]:
    """Return those of some numbers that are known and finite."""
    return {
        name: float(number) for name, number in numbers.items() if number is not None and math.isfinite(number)
    }
