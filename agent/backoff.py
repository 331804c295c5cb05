"""How long to wait before the next attempt to reach the controller."""

from __future__ import annotations

import random

_FIRST_SECONDS = 0.1
_LONGEST_SECONDS = 5.0


class Backoff:
    """Doubling delays with jitter, so that the agents of a restarted controller do not all come at once."""

    def __init__(self) -> None:
        self._seconds = _FIRST_SECONDS

    def reset(self) -> None:
        """Begin anew after a success."""
        self._seconds = _FIRST_SECONDS

    def next(self) -> float:
        """Return the next delay in seconds: half to all of it is certain, at most 5."""
        seconds = self._seconds
        self._seconds = min(_LONGEST_SECONDS, seconds * 2)
        return seconds * random.uniform(0.5, 1.0)  # noqa: S311  not a secret
