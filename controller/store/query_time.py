"""Bounds the time of a question that takes several statements and computing in between."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection

from controller.store.traces import limits
from loadcell.errors import LoadcellError

T = TypeVar("T")


class Patience:
    """The time that is left for a question."""

    def __init__(self, seconds: float, until: float) -> None:
        """`until` is in seconds of the monotonic clock, `seconds` after the question was asked."""
        self._seconds, self._until = seconds, until

    def watch(self, found: Iterable[T]) -> Iterator[T]:
        """Yield what is found while there is time.

        Raises:
            LoadcellError: REQUEST_TIMEOUT.
        """
        for one in found:
            if time.monotonic() > self._until:
                raise LoadcellError(
                    "REQUEST_TIMEOUT",
                    f"the question took more than {self._seconds:g} s; ask for less time, or for fewer contexts"
                    " (model, project, user) in one question",
                )
            yield one


@contextmanager
def bounded(connection: Connection, seconds: float = limits.SECONDS) -> Iterator[Patience]:
    """End the statements made inside, and what is watched, after some seconds.

    Raises:
        LoadcellError: REQUEST_TIMEOUT.
    """
    with limits.bounded(connection, seconds) as until:
        yield Patience(seconds, until)
