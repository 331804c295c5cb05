"""Reading the single requests of a time, for what rollups do not tell."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain

import numpy as np
from sqlalchemy import ColumnElement, Connection, select, union_all

from controller.query.metrics.rows import Contexts, RequestRows
from controller.query.metrics.spans import Edge
from controller.store.among import one_of
from controller.store.raw_rows import raw_pages
from controller.store.run_span import runs_of
from controller.store.schema import traces
from controller.store.traces.columns import IS_ERROR, IS_OK
from controller.store.unkept import CONTEXT_KEY, refuse_unkept
from loadcell.stats.columns import ERROR, OK
from loadcell.stats.rollup import MINUTE

_HELD_MICROS = 10 * MINUTE * 1_000_000  # the requests of so long are read at once
_ALWAYS = ("ts", "context_key", "status")


def read_requests(
    connection: Connection,
    edges: Sequence[Edge],
    of: Contexts,
    columns: Iterable[str] = (),
    *,
    statuses: Collection[int] = (OK, ERROR),
    newest_first: bool = False,
) -> Iterator[RequestRows]:
    """Yield the requests of some contexts that began in ranges of time and ended in one of some ways.

    Args:
        connection: to read through.
        edges: the ranges; one when the newest are to come first.
        of: the contexts.
        columns: columns of traces wanted beside ts, context_key and status.
        statuses: OK, ERROR or both.
        newest_first: whether they come in this order, else in none.

    Raises:
        LoadcellError: REQUESTS_NOT_KEPT.
    """
    if not edges or not statuses or (not of.every and not len(of.keys)):
        return
    mine = [] if of.every else [one_of(connection, CONTEXT_KEY, of.keys.tolist())]
    refuse_unkept(connection, edges, mine)
    names = list(dict.fromkeys([*_ALWAYS, *columns]))
    parts = [
        select(*(traces.c[name] for name in names)).where(*began, *among(connection, of), _ended(statuses))
        for began in began_in(connection, edges)
    ]
    question = union_all(*parts) if len(parts) > 1 else parts[0]
    if newest_first:
        question = parts[0].order_by(traces.c.ts.desc())
    held = sum(edge.end - edge.start for edge in edges) <= _HELD_MICROS
    for rows in raw_pages(connection, question, {}, held=held):
        # Made from the rows themselves, an array takes ten times as long: each of them is asked what it is.
        numbers = np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * len(names))
        yield RequestRows(dict(zip(names, numbers.reshape(-1, len(names)).T, strict=True)))


def began_in(connection: Connection, edges: Sequence[Edge]) -> list[list[ColumnElement[bool]]]:
    """Return for each of some ranges of time the conditions that a request began in it."""
    runs = runs_of(connection, [(edge.start, edge.end) for edge in edges])
    return [
        [traces.c.ts >= edge.start, traces.c.ts < edge.end, *in_runs]
        for edge, in_runs in zip(edges, runs, strict=True)
    ]


def among(connection: Connection, of: Contexts) -> list[ColumnElement[bool]]:
    """Return the condition that a request belongs to some contexts."""
    return [] if of.every else [one_of(connection, traces.c.context_key, of.keys.tolist())]


def _ended(statuses: Collection[int]) -> ColumnElement[bool]:
    if ERROR not in statuses:
        return IS_OK
    return IS_ERROR if OK not in statuses else traces.c.status.in_((OK, ERROR))
