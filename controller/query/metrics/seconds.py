"""Figures of single seconds, the newest ones, which only single requests tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from controller.query.metrics.catalog import Measure
from controller.query.metrics.figures import Figures
from controller.query.metrics.grouping import Grouping
from controller.query.metrics.question import Question
from controller.query.metrics.requests import of_requests
from controller.query.metrics.rows import RequestRows
from controller.query.metrics.spans import Edge
from controller.store.database import Connection
from controller.store.metrics_requests import read_requests
from controller.store.query_time import bounded
from controller.store.rollup_reading import read_contexts

MAX_SECONDS = 10_000
_MICROS = 1_000_000


def newest_seconds(connection: Connection, question: Question, measures: Sequence[Measure]) -> Figures:
    """Return the figures of each second that has requests, at most the newest MAX_SECONDS, in the order of time.

    Raises:
        LoadcellError: REQUEST_TIMEOUT.
    """
    question = replace(question, width=1)
    columns = {name for measure in measures if measure.metric.source for name in measure.metric.source.requests}
    with bounded(connection) as patience:
        contexts = read_contexts(connection, question.scope, question.filters, ())
        period = Edge(question.period.start, question.period.end)
        found = read_requests(connection, [period], contexts, sorted(columns), newest_first=True)
        newest = _newest(patience.watch(found))
        return of_requests(newest, question, measures, Grouping(question, contexts), {})


def _newest(found: Iterator[RequestRows]) -> Iterator[RequestRows]:
    """Yield requests, which come newest first, until their seconds are enough."""
    seen = np.zeros(0, np.int64)
    for rows in found:
        seconds = rows.columns["ts"] // _MICROS
        seen = np.union1d(seen, seconds)
        if len(seen) > MAX_SECONDS:
            kept = seconds >= seen[-MAX_SECONDS]
            yield RequestRows({name: column[kept] for name, column in rows.columns.items()})
            return
        yield rows
