"""Reading the single requests of a time, for what rollups do not tell."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Executable, bindparam, select, union_all

from controller.query.metrics.rows import Contexts, RequestRows
from controller.query.metrics.spans import Edge
from controller.store.among import given, one_of, one_of_given
from controller.store.raw_rows import raw_pages
from controller.store.run_span import bounds_of_runs
from controller.store.schema import traces
from controller.store.traces.columns import IS_COUNTED, IS_ERROR, IS_OK
from controller.store.unkept import CONTEXT_KEY, refuse_unkept
from loadcell.stats.columns import ERROR, OK
from loadcell.stats.rollup import MINUTE

_HELD_MICROS = 10 * MINUTE * 1_000_000  # the requests of so long are read at once
_REMEMBERED = 64  # statements
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
    dialect = connection.dialect.name
    asked = given_times(connection, edges) | ({} if of.every else given(dialect, of.keys.tolist()))
    refuse_unkept(connection, edges, () if of.every else _of_given(dialect), asked)
    names = tuple(dict.fromkeys([*_ALWAYS, *columns]))
    kinds = frozenset(statuses)
    question = _statement(dialect, names, len(edges), kinds, every=of.every, newest_first=newest_first)
    held = sum(edge.end - edge.start for edge in edges) <= _HELD_MICROS
    for rows in raw_pages(connection, question, asked, held=held):
        # Made from the rows themselves, an array takes ten times as long: each of them is asked what it is.
        numbers = np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * len(names))
        yield RequestRows(dict(zip(names, numbers.reshape(-1, len(names)).T, strict=True)))


@lru_cache
def _of_given(dialect: str) -> tuple[ColumnElement[bool], ...]:
    return (one_of_given(dialect, CONTEXT_KEY),)


@lru_cache(maxsize=_REMEMBERED)
def _statement(
    dialect: str, names: tuple[str, ...], edges: int, statuses: frozenset[int], *, every: bool, newest_first: bool
) -> Executable:
    asked = [] if every else [one_of_given(dialect, traces.c.context_key)]
    parts = [
        select(*(traces.c[name] for name in names)).where(*began_in(dialect, place), *asked, _ended(statuses))
        for place in range(edges)
    ]
    if newest_first:
        return parts[0].order_by(traces.c.ts.desc())
    return union_all(*parts) if edges > 1 else parts[0]


def began_in(dialect: str, place: int = 0) -> list[ColumnElement[bool]]:
    """Return the conditions that a request began in a range of time, of a statement that gets `given_times`."""
    runs = [
        traces.c.run_key >= bindparam(f"first_run_{place}"),
        traces.c.run_key <= bindparam(f"last_run_{place}"),
    ]
    times = [traces.c.ts >= bindparam(f"since_{place}"), traces.c.ts < bindparam(f"until_{place}")]
    return times + (runs if dialect == "postgresql" else [])


def given_times(connection: Connection, edges: Sequence[Edge]) -> dict[str, Any]:
    """Return the parameters of a statement with `began_in`, for as many ranges as there are."""
    times = [(edge.start, edge.end) for edge in edges]
    found = {
        f"{name}_{place}": at
        for place, time in enumerate(times)
        for name, at in zip(("since", "until"), time, strict=True)
    }
    if connection.dialect.name == "postgresql":
        for place, (first, last) in enumerate(bounds_of_runs(connection, times)):
            found |= {f"first_run_{place}": first, f"last_run_{place}": last}
    return found


def among(connection: Connection, of: Contexts) -> list[ColumnElement[bool]]:
    """Return the condition that a request belongs to some contexts."""
    return [] if of.every else [one_of(connection, traces.c.context_key, of.keys.tolist())]


def _ended(statuses: frozenset[int]) -> ColumnElement[bool]:
    if ERROR not in statuses:
        return IS_OK
    return IS_ERROR if OK not in statuses else IS_COUNTED
