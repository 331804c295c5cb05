"""Figures from single requests: exact, for what rollups do not tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from controller.query.metrics.catalog import Measure, Source
from controller.query.metrics.distributions import Exact
from controller.query.metrics.figures import Figures, seconds_within
from controller.query.metrics.grouping import Grouping
from controller.query.metrics.question import Question, StatusFilter
from controller.query.metrics.rows import RequestRows
from controller.query.metrics.tally import check_points
from controller.query.metrics.uniques import Uniques
from loadcell.stats.columns import ERROR, OK, Ints, Mask

_WORDS = {"OK": OK, "ERROR": ERROR}


def of_requests(
    found: Iterable[RequestRows],
    question: Question,
    measures: Sequence[Measure],
    grouping: Grouping,
    uniques: Mapping[str, Uniques],
) -> Figures:
    """Return the figures of some measures.

    Raises:
        LoadcellError: LIMIT_EXCEEDED, there are too many points.
    """
    sources = {measure.metric.name: measure.metric.source for measure in measures if measure.metric.source}
    keys: list[Ints] = []
    status: list[Ints] = []
    values: dict[str, list[Ints]] = {name: [] for name in sources}
    for rows in found:
        position = grouping.contexts_of(rows.columns["context_key"])
        admitted = (position >= 0) & _admitted(rows, question.statuses)
        for number, part in grouping.split():
            kept = admitted & np.isin(rows.columns["status"], list(part.statuses))
            mine = grouping.keys(rows.columns["ts"][kept], position[kept], number)
            keys.append(mine)
            status.append(rows.columns["status"][kept])
            for name, source in sources.items():
                values[name].append(_values(rows, source)[kept])
            for unique in uniques.values():
                unique.add(mine, position[kept])
    cells, inverse = np.unique(_joined(keys), return_inverse=True)
    check_points(len(cells), question.width_field)
    ends = _joined(status)
    time, group = grouping.cells(cells)
    return Figures(
        time=time,
        group=group,
        groups=grouping.groups,
        ok=np.bincount(inverse[ends == OK], minlength=len(cells)),
        errors=np.bincount(inverse[ends == ERROR], minlength=len(cells)),
        distributions={
            name: _exact(_joined(values[name]), inverse, len(cells), source) for name, source in sources.items()
        },
        uniques={name: unique.counts(cells) for name, unique in uniques.items()},
        seconds=seconds_within(time, question.width, question.period),
        failures={},
        data_source="raw",
    )


def _exact(values: Ints, cells: Ints, count: int, source: Source) -> Exact:
    known = values >= 0
    return Exact(values[known], cells[known], count, source.unit)


def _values(rows: RequestRows, source: Source) -> Ints:
    """Return the sum of the known parts of each request, -1 where it has no value."""
    parts = np.stack([rows.columns[name] for name in source.requests])
    sums = np.maximum(parts, 0).sum(axis=0)
    known = (parts >= 0).any(axis=0)
    if source.only_ok:
        known &= rows.columns["status"] == OK
    return np.where(known, sums, -1)


def _admitted(rows: RequestRows, filters: Sequence[StatusFilter]) -> Mask:
    """Return which requests meet all filters."""
    met = np.ones(len(rows), np.bool_)
    for asked in filters:
        words = [_WORDS[value] for value in asked.values if value in _WORDS and isinstance(value, str)]
        numbers = [value for value in asked.values if isinstance(value, int)]
        found = np.isin(rows.columns["status"], words)
        if numbers:
            found |= np.isin(rows.columns["http_status"], numbers)
        met &= found != asked.negated
    return met


def _joined(parts: Sequence[Ints]) -> Ints:
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)
