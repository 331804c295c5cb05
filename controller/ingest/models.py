"""What committed batches say of the models that were asked: for the controller's metrics."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from controller.metrics import names
from controller.store.contexts import DEFAULT_PROVIDER
from controller.store.origins import Origin
from loadcell.metric_sheet import Sheet
from loadcell.stats.columns import OK, SampleArrays
from loadcell.stats.rollup import Rollup
from loadcell.tally import Tally

MOST_MODELS = 50  # told of by their names, the first that come; callers can make up any number
OTHER = "other"
_BOUNDS_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_BOUNDS_MICROS = np.array(_BOUNDS_SECONDS) * 1e6
_NANO = 1e9


class ModelTotals:
    """Requests, tokens, cost and durations by model and provider since the start of the process."""

    def __init__(self) -> None:
        self._models: dict[tuple[str, str], _Model] = {}

    def add(self, origin: Origin, arrays: SampleArrays, rollups: Iterable[Rollup]) -> None:
        """Add a batch, and what it adds to the rollups."""
        model = self._of(origin.model, origin.listed_by or DEFAULT_PROVIDER)
        for rollup in rollups:
            model.succeeded += rollup.ok_count
            model.failed += rollup.error_count
            model.prompt_tokens += rollup.prompt_tokens
            model.completion_tokens += rollup.completion_tokens
            model.cost_nano += rollup.prompt_cost + rollup.completion_cost
        micros = arrays.e2e_micros[(arrays.status == OK) & (arrays.e2e_micros >= 0)]
        counts = np.bincount(np.searchsorted(_BOUNDS_MICROS, micros), minlength=len(_BOUNDS_MICROS) + 1)
        model.seconds.add_counts(counts.tolist(), float(micros.sum()) / 1e6)

    def fill(self, sheet: Sheet) -> None:
        """Write down the metrics of every model."""
        for labels, model in list(self._models.items()):
            sheet.add(names.LLM_REQUESTS, (*labels, "success"), model.succeeded)
            sheet.add(names.LLM_REQUESTS, (*labels, "error"), model.failed)
            sheet.add(names.LLM_TOKENS, (*labels, "prompt"), model.prompt_tokens)
            sheet.add(names.LLM_TOKENS, (*labels, "completion"), model.completion_tokens)
            sheet.add(names.LLM_COST, labels, model.cost_nano / _NANO)
            sheet.add_tally(names.LLM_SECONDS, labels, model.seconds)

    def _of(self, name: str, provider: str) -> _Model:
        labels = (name, provider)
        if labels not in self._models and len(self._models) >= MOST_MODELS:
            labels = (OTHER, OTHER)
        model = self._models.get(labels)
        if model is None:
            model = self._models[labels] = _Model()
        return model


class _Model:
    __slots__ = ("completion_tokens", "cost_nano", "failed", "prompt_tokens", "seconds", "succeeded")

    def __init__(self) -> None:
        self.succeeded = self.failed = self.prompt_tokens = self.completion_tokens = self.cost_nano = 0
        self.seconds = Tally(_BOUNDS_SECONDS)
