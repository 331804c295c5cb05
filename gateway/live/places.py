"""How many connections last at once: of all callers, and of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from loadcell.errors import LoadcellError


class Places:
    """Counts connections. `most` are there for everybody together, `most_each` for one caller."""

    def __init__(self, most: int, most_each: int) -> None:
        self._most, self._most_each = most, most_each
        self._taken = 0
        self._of: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """How many connections there are."""
        return self._taken

    @contextmanager
    def one(self) -> Iterator[None]:
        """Take a place for as long as the block goes on.

        Raises:
            LoadcellError: TOO_MANY_REQUESTS.
        """
        if self._taken >= self._most:
            raise LoadcellError(
                "TOO_MANY_REQUESTS", f"{self._most:,} connections of this kind are open; try again later"
            )
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    @contextmanager
    def of(self, caller: str) -> Iterator[None]:
        """Take one of the places of a caller.

        Raises:
            LoadcellError: TOO_MANY_REQUESTS.
        """
        if self._of[caller] >= self._most_each:
            raise LoadcellError(
                "TOO_MANY_REQUESTS", f"the caller has {self._most_each:,} connections of this kind open; close one"
            )
        self._of[caller] += 1
        try:
            yield
        finally:
            self._of[caller] -= 1
            if not self._of[caller]:
                del self._of[caller]
