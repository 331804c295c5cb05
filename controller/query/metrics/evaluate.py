"""Answers a question with figures: from rollups where they can tell, else from single requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from controller.query.metrics import edges
from controller.query.metrics.catalog import METRICS, Measure
from controller.query.metrics.distributions import Distribution, Sketched
from controller.query.metrics.failures import Failures
from controller.query.metrics.figures import Figures, seconds_within
from controller.query.metrics.grouping import STATUS, Grouping, admitted, asks_numbers
from controller.query.metrics.question import Question, needs_of
from controller.query.metrics.requests import of_requests
from controller.query.metrics.rows import Contexts, RollupRows
from controller.query.metrics.spans import Edge, as_kept, cover
from controller.query.metrics.tally import Sums, Tally
from controller.query.metrics.uniques import Uniques
from controller.store.database import Connection
from controller.store.metrics_requests import read_requests
from controller.store.query_time import Patience, bounded
from controller.store.rollup_reading import read_contexts, read_extent, read_rollups
from loadcell.stats.columns import ERROR, OK, Ints
from loadcell.stats.packed import pack

_COUNTS = ("ok_count", "error_count")
_EMPTY = pack([])


def evaluate(connection: Connection, question: Question, measures: Sequence[Measure]) -> Figures:
    """Return the figures of some measures, and of what the question itself needs.

    Raises:
        LoadcellError: LIMIT_EXCEEDED, there are too many points; REQUEST_TIMEOUT.
    """
    if not _needs_requests(question, measures):
        return evaluate_with_total(connection, question, measures)[0]
    with bounded(connection) as patience:
        contexts, grouping = _group(connection, question, measures)
        columns = {
            name for measure in measures if measure.metric.source for name in measure.metric.source.requests
        }
        if asks_numbers(question.statuses):
            columns.add("http_status")
        period = Edge(question.period.start, question.period.end)
        found = read_requests(
            connection, [period], contexts, sorted(columns), statuses=admitted(question.statuses)
        )
        uniques = {name: Uniques(contexts.values[name]) for name in _uniques(question, measures)}
        return of_requests(patience.watch(found), question, measures, grouping, uniques)


def evaluate_with_total(
    connection: Connection, question: Question, measures: Sequence[Measure]
) -> tuple[Figures, Figures]:
    """Return the figures of some measures from rollups, and those of all cells together: one cell, or none.

    Raises:
        LoadcellError: As `evaluate`.
    """
    question = replace(question, needs=question.needs | needs_of(measures))
    with bounded(connection) as patience:
        contexts, grouping = _group(connection, question, measures)
        return _of_rollups(_rollups(connection, question, contexts, patience), question, contexts, grouping)


def _group(connection: Connection, question: Question, measures: Sequence[Measure]) -> tuple[Contexts, Grouping]:
    plain = [name for name in question.group_by if name != STATUS]
    dimensions = [*plain, *sorted(_uniques(question, measures))]
    contexts = read_contexts(connection, question.scope, question.filters, dimensions)
    return contexts, Grouping(question, contexts)


def _needs_requests(question: Question, measures: Sequence[Measure]) -> bool:
    """Whether rollups cannot answer: they do not tell tokens and costs of failures from those of successes."""
    if asks_numbers(question.statuses) or any(measure.needs_requests for measure in measures):
        return True
    if STATUS not in question.group_by and admitted(question.statuses) == {OK, ERROR}:
        return False
    return any(measure.metric.source is not None and not measure.metric.source.only_ok for measure in measures)


def _uniques(question: Question, measures: Sequence[Measure]) -> frozenset[str]:
    own = [measure for measure in measures if measure.metric.source is None]
    return question.needs.uniques | needs_of(own).uniques


def _rollups(
    connection: Connection, question: Question, contexts: Contexts, patience: Patience
) -> Iterator[RollupRows]:
    period = question.period
    extent = read_extent(connection)
    parts = as_kept(cover(period.start, period.end, width=question.width, now=period.now), extent.oldest)
    yield from patience.watch(read_rollups(connection, parts.spans, contexts, question.needs, extent))
    for requests in patience.watch(read_requests(connection, parts.edges, contexts, edges.COLUMNS)):
        yield edges.add_up_edge(requests, question.needs)


def _of_rollups(
    found: Iterator[RollupRows], question: Question, contexts: Contexts, grouping: Grouping
) -> tuple[Figures, Figures]:
    needs = question.needs
    columns = [*_COUNTS, *sorted(needs.columns.difference(_COUNTS))]
    tally, failures = Tally(columns, sorted(needs.sketches), question.width_field), Failures()
    uniques = {name: Uniques(contexts.values[name]) for name in needs.uniques}
    for rows in found:
        position = grouping.contexts_of(rows.context)
        if needs.classes:
            failures.add(rows, np.flatnonzero((position >= 0) & (rows.columns["error_count"] > 0)))
        for number, part in grouping.split():
            kept = (position >= 0) & (_counted(rows, part.statuses) > 0)
            keys = grouping.keys(rows.start[kept], position[kept], number)
            tally.add(keys, *_of_part(rows, part.statuses, kept))
            for unique in uniques.values():
                unique.add(keys, position[kept])
    sums = tally.sums()
    time, group = grouping.cells(sums.keys)
    counts = {name: unique.counts(sums.keys) for name, unique in uniques.items()}
    figures = Figures(
        time=time,
        group=group,
        groups=grouping.groups,
        ok=sums.columns["ok_count"],
        errors=sums.columns["error_count"],
        distributions=_distributions(sums),
        uniques=counts,
        seconds=seconds_within(time, question.width, question.period),
        failures=failures.by_class,
        data_source="aggregate",
    )
    total = sums.total()
    whole = replace(
        figures,
        time=np.full(len(total.keys), question.period.start),
        group=total.keys,
        groups=[()],
        ok=total.columns["ok_count"],
        errors=total.columns["error_count"],
        distributions=_distributions(total),
        uniques={name: np.array([unique.total()])[: len(total.keys)] for name, unique in uniques.items()},
        seconds=seconds_within(total.keys, None, question.period),
    )
    return figures, whole


def _distributions(sums: Sums) -> dict[str, Distribution]:
    return {name: Sketched(metric.source, sums) for name, metric in METRICS.items() if metric.source is not None}


def _counted(rows: RollupRows, statuses: frozenset[int]) -> Ints:
    return sum(
        (rows.columns[name] for name, status in zip(_COUNTS, (OK, ERROR), strict=True) if status in statuses),
        start=np.zeros(len(rows.start), np.int64),
    )


def _of_part(
    rows: RollupRows, statuses: frozenset[int], kept: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> tuple[dict[str, Ints], dict[str, list[bytes]]]:
    """Return the columns and sketches of the rows that are kept, as far as they are about some statuses.

    Where not all requests are asked for, only counts and latencies of successes are.
    """
    columns = {name: values[kept] for name, values in rows.columns.items()}
    positions = np.flatnonzero(kept).tolist()
    whole = len(positions) == len(rows.start)
    sketches = {
        name: list(blobs) if whole else [blobs[position] for position in positions]
        for name, blobs in rows.sketches.items()
    }
    if ERROR not in statuses:
        columns["error_count"] = np.zeros(len(positions), np.int64)
    if OK not in statuses:
        for name in columns.keys() - {"error_count"}:
            columns[name] = np.full(len(positions), -1 if name.endswith(("_min", "_max")) else 0)
        sketches = {name: [_EMPTY] * len(positions) for name in sketches}
    return columns, sketches
