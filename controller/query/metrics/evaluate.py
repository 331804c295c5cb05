"""Answers a question with figures: from rollups where they can tell, else from single requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from controller.query.metrics import edges
from controller.query.metrics.catalog import Measure
from controller.query.metrics.figures import Figures
from controller.query.metrics.gathering import Gathering
from controller.query.metrics.grouping import STATUS, Grouping, admitted, asks_numbers
from controller.query.metrics.parameters import Period
from controller.query.metrics.question import Question, needs_of
from controller.query.metrics.requests import of_requests
from controller.query.metrics.rows import Contexts, RollupRows
from controller.query.metrics.spans import Edge, as_kept, cover, joined
from controller.query.metrics.uniques import Uniques
from controller.store.database import Connection
from controller.store.metrics_requests import read_requests
from controller.store.query_time import Patience, bounded
from controller.store.rollup_reading import read_contexts, read_extent, read_rollups
from loadcell.stats.columns import ERROR, OK, Ints, Mask


def evaluate(connection: Connection, question: Question, measures: Sequence[Measure]) -> Figures:
    """Return the figures of some measures, and of what the question itself needs.

    Raises:
        LoadcellError: LIMIT_EXCEEDED, there are too many points; REQUEST_TIMEOUT.
    """
    if not _needs_requests(question, measures):
        return evaluate_periods(connection, question, measures, [question.period])[0].figures
    with bounded(connection) as patience:
        contexts = _contexts(connection, question, measures)
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
        return of_requests(patience.watch(found), question, measures, Grouping(question, contexts), uniques)


def evaluate_with_total(
    connection: Connection, question: Question, measures: Sequence[Measure]
) -> tuple[Figures, Figures]:
    """Return the figures of some measures from rollups, and those of all cells together: one cell, or none.

    Raises:
        LoadcellError: As `evaluate`.
    """
    (found,) = evaluate_periods(connection, question, measures, [question.period])
    return found.figures, found.total


def evaluate_periods(
    connection: Connection, question: Question, measures: Sequence[Measure], periods: Sequence[Period]
) -> list[Gathering]:
    """Return what rollups say of some measures, and of what the question needs, in each of some periods.

    They are read together. The periods are one after another in time.

    Raises:
        LoadcellError: As `evaluate`.
    """
    question = replace(question, needs=question.needs | needs_of(measures))
    with bounded(connection) as patience:
        contexts = _contexts(connection, question, measures)
        found = [Gathering(replace(question, period=period), contexts) for period in periods]
        for place, rows in _rollups(connection, question, periods, contexts, patience):
            found[place].add(rows)
        return found


def _contexts(connection: Connection, question: Question, measures: Sequence[Measure]) -> Contexts:
    plain = [name for name in question.group_by if name != STATUS]
    dimensions = [*plain, *sorted(_uniques(question, measures))]
    return read_contexts(connection, question.scope, question.filters, dimensions)


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
    connection: Connection, question: Question, periods: Sequence[Period], contexts: Contexts, patience: Patience
) -> Iterator[tuple[int, RollupRows]]:
    """Yield rollups, and the place of the period each lot is of."""
    extent = read_extent(connection)
    parts = [as_kept(cover(p.start, p.end, width=question.width, now=p.now), extent.oldest) for p in periods]
    spans = [span for part in parts for span in part.spans]
    for rows in patience.watch(read_rollups(connection, spans, contexts, question.needs, extent)):
        for place, mine in _by_period(rows.start, periods):
            yield place, rows.where(mine)
    rest = joined(edge for part in parts for edge in part.edges)
    columns = edges.columns_of(question.needs)
    for requests in patience.watch(read_requests(connection, rest, contexts, columns)):
        for place, mine in _by_period(requests.columns["ts"], periods):
            yield place, edges.add_up_edge(requests.where(mine), question.needs, question.width)


def _by_period(times: Ints, periods: Sequence[Period]) -> Iterator[tuple[int, Mask]]:
    """Yield the place of each period that some times are in, and which are."""
    places = np.searchsorted([period.start for period in periods], times, side="right") - 1
    for place in range(len(periods)):
        mine = places == place
        if mine.any():
            yield place, mine
