"""Adds up rollups to the figures of a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from controller.query.metrics.catalog import METRICS
from controller.query.metrics.distributions import Distribution, Sketched
from controller.query.metrics.failures import Failures
from controller.query.metrics.figures import Figures, seconds_within
from controller.query.metrics.grouping import Grouping
from controller.query.metrics.question import Question
from controller.query.metrics.rows import Contexts, RollupRows
from controller.query.metrics.tally import Sums, Tally
from controller.query.metrics.uniques import Uniques
from loadcell.stats.columns import ERROR, OK, Ints, Mask
from loadcell.stats.packed import pack

_COUNTS = ("ok_count", "error_count")
_EMPTY = pack([])


class Gathering:
    """What the rollups of a question add up to."""

    def __init__(self, question: Question, contexts: Contexts) -> None:
        needs = question.needs
        self._question = question
        self._grouping = Grouping(question, contexts)
        columns = [*_COUNTS, *sorted(needs.columns.difference(_COUNTS))]
        self._tally = Tally(columns, sorted(needs.sketches), question.width_field)
        self._failures = Failures()
        self._uniques = {name: Uniques(contexts.values[name]) for name in needs.uniques}

    def add(self, rows: RollupRows) -> None:
        """Add rollups of the period.

        Raises:
            LoadcellError: LIMIT_EXCEEDED, there are too many points.
        """
        position = self._grouping.contexts_of(rows.context)
        if self._question.needs.classes:
            self._failures.add(rows, np.flatnonzero((position >= 0) & (rows.columns["error_count"] > 0)))
        for number, part in self._grouping.split():
            kept = (position >= 0) & (_counted(rows, part.statuses) > 0)
            keys = self._grouping.keys(rows.start[kept], position[kept], number)
            self._tally.add(keys, *_of_part(rows, part.statuses, kept))
            for unique in self._uniques.values():
                unique.add(keys, position[kept])

    @cached_property
    def figures(self) -> Figures:
        """The figures of all cells.

        Raises:
            LoadcellError: LIMIT_EXCEEDED, there are too many points.
        """
        sums, question = self._sums, self._question
        time, group = self._grouping.cells(sums.keys)
        return Figures(
            time=time,
            group=group,
            groups=self._grouping.groups,
            ok=sums.columns["ok_count"],
            errors=sums.columns["error_count"],
            distributions=_distributions(sums),
            uniques={name: unique.counts(sums.keys) for name, unique in self._uniques.items()},
            seconds=seconds_within(time, question.width, question.period),
            failures=self._failures.by_class,
            data_source="aggregate",
        )

    @cached_property
    def total(self) -> Figures:
        """The figures of all cells together: one cell, or none."""
        total, period = self._sums.total(), self._question.period
        return replace(
            self.figures,
            time=np.full(len(total.keys), period.start),
            group=total.keys,
            groups=[()],
            ok=total.columns["ok_count"],
            errors=total.columns["error_count"],
            distributions=_distributions(total),
            uniques={
                name: np.array([unique.total()])[: len(total.keys)] for name, unique in self._uniques.items()
            },
            seconds=seconds_within(total.keys, None, period),
        )

    @cached_property
    def _sums(self) -> Sums:
        return self._tally.sums()


def _distributions(sums: Sums) -> dict[str, Distribution]:
    return {name: Sketched(metric.source, sums) for name, metric in METRICS.items() if metric.source is not None}


def _counted(rows: RollupRows, statuses: frozenset[int]) -> Ints:
    return sum(
        (rows.columns[name] for name, status in zip(_COUNTS, (OK, ERROR), strict=True) if status in statuses),
        start=np.zeros(len(rows.start), np.int64),
    )


def _of_part(
    rows: RollupRows, statuses: frozenset[int], kept: Mask
) -> tuple[dict[str, Ints], dict[str, Sequence[bytes]]]:
    """Return the columns and sketches of the rows that are kept, as far as they are about some statuses.

    Where not all requests are asked for, only counts and latencies of successes are.
    """
    mine = rows.where(kept)
    columns, sketches = dict(mine.columns), dict(mine.sketches)
    count = len(mine.start)
    if ERROR not in statuses:
        columns["error_count"] = np.zeros(count, np.int64)
    if OK not in statuses:
        for name in columns.keys() - {"error_count"}:
            columns[name] = np.full(count, -1 if name.endswith(("_min", "_max")) else 0)
        sketches = {name: [_EMPTY] * count for name in sketches}
    return columns, sketches
