"""What was committed since the start of the process: counted by batch, never by request."""

from __future__ import annotations

import time
from collections import Counter

import numpy as np

from controller.ingest.models import ModelTotals
from controller.metrics import names
from controller.store.origins import Origin
from loadcell.clock import wall_micros
from loadcell.metric_sheet import Sheet
from loadcell.stats.columns import SampleArrays
from loadcell.tally import Tally

_WRITE_BOUNDS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_BATCH_BOUNDS = (1, 10, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000)
NOT_COMMITTED = "commit"  # beside the reasons of `StreamSamplesResponse` for which a batch is not stored
LAG_COUNTS_SECONDS = 60.0  # after the last batch: then nothing is behind


class Totals:
    """Counts of the one way into the store.

    Attributes:
        batches: Committed.
        duplicates: Came again, and were not counted twice.
        samples: Committed.
        models: What they say of models.
        refused: Batches that were not stored, by why.
    """

    def __init__(self) -> None:
        self.batches = self.duplicates = self.samples = 0
        self.models = ModelTotals()
        self.refused = Counter({NOT_COMMITTED: 0})
        self._writes = Tally(_WRITE_BOUNDS_SECONDS)
        self._sizes = Tally(_BATCH_BOUNDS)
        self._lag_seconds = 0.0
        self._lag_at = float("-inf")

    def wrote(self, seconds: float) -> None:
        """Count a commit of whatever many batches."""
        self._writes.add(seconds)

    def committed(self, origin: Origin, arrays: SampleArrays) -> None:
        """Count a batch of requests."""
        self.batches += 1
        self.samples += len(arrays)
        self._sizes.add(len(arrays))
        if len(arrays):
            newest = int((arrays.start_offset_micros + np.maximum(arrays.e2e_micros, 0)).max())
            self._lag_seconds = max(wall_micros() - origin.start_micros - newest, 0) / 1e6
            self._lag_at = time.monotonic()

    def lag_seconds(self, waiting_since: float | None) -> float:
        """Return how far the database is behind the load.

        Args:
            waiting_since: Since when a batch waits to be committed, on the monotonic clock; None: none does.
        """
        now = time.monotonic()
        last = self._lag_seconds if now - self._lag_at < LAG_COUNTS_SECONDS else 0.0
        return max(last, now - waiting_since if waiting_since is not None else 0.0)

    def fill(self, sheet: Sheet) -> None:
        """Write down the metrics of all commits."""
        sheet.add_tally(names.WRITE_SECONDS, (), self._writes)
        sheet.add(names.WRITES, (), self._writes.count)
        for reason, count in sorted(self.refused.copy().items()):
            sheet.add(names.WRITE_ERRORS, (reason,), count)
        sheet.add(names.ITEMS_WRITTEN, (), self.samples)
        sheet.add_tally(names.BATCH_SIZE, (), self._sizes)
        self.models.fill(sheet)
