"""Finished requests on their way to the main process, folded into batches."""

from __future__ import annotations

from collections.abc import Callable

from agent.samples.batch import BatchBuilder
from agent.samples.sample import Sample

# Whichever comes first; together they bound the work of one flush and the age of the live view.
FLUSH_ROWS = 500
FLUSH_SECONDS = 0.2


class Outbox:
    """Folds samples of a started level into batches.

    Args:
        start_ns: Start of the level, from which all offsets count.
        timeline: Whether token timelines are kept.
        send: Takes a serialized batch; never called with an empty one.
    """

    def __init__(self, *, start_ns: int, timeline: bool, send: Callable[[bytes], None]) -> None:
        self._start_ns = start_ns
        self._timeline = timeline
        self._send = send
        self._builder = BatchBuilder(start_ns, timeline)

    def add(self, sample: Sample) -> None:
        """Add a finished request."""
        self._builder.add(sample)
        if len(self._builder) >= FLUSH_ROWS:
            self.flush()

    def flush(self) -> None:
        """Send what there is."""
        if len(self._builder):
            self._send(self._builder.encode())
            self._builder = BatchBuilder(self._start_ns, self._timeline)
