"""What callers are told of limits, as trailers of gRPC; the gateway makes headers of them. Pure."""

from __future__ import annotations

import math

from controller.limits.bucket import Verdict
from loadcell.channel import RATE_LIMIT_METADATA, RETRY_AFTER_METADATA

_LIMIT, _REMAINING, _RESET = RATE_LIMIT_METADATA


def waiting(seconds: float) -> tuple[tuple[str, str], ...]:
    """Return what says after how many seconds a call may come again; whole ones, as HTTP wants them."""
    return ((RETRY_AFTER_METADATA, str(max(math.ceil(seconds), 1))),)


def told(verdict: Verdict, now: float) -> tuple[tuple[str, str], ...]:
    """Return what says how a caller stands; `now` is the time in seconds since 1970 UTC."""
    standing = (
        (_LIMIT, f"{verdict.limit:.0f}"),
        (_REMAINING, str(max(verdict.remaining, 0))),
        (_RESET, str(math.ceil(now + verdict.reset_seconds))),
    )
    return standing if verdict.admitted else (*standing, *waiting(verdict.retry_seconds))
