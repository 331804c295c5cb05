"""The time of a stretch in parts, of which the first has its first rows as often as not.

Load comes in runs: where those that are closest to the end of a time are known, so is where to begin. In
PostgreSQL requests are in a partition for each day, and planning a walk along all of them takes longer than the
walk. In SQLite, fewer requests of each context are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import Connection

from controller.query.traces.bounds import ALWAYS, Bounds
from controller.store.run_span import bounds_of_runs, reach_of_runs
from controller.store.traces.narrowing import Narrowed
from controller.store.traces.order import Stretch

_RUNS = 4  # whose requests are looked at first; most runs have more than a page
_RUNS_OF_SOME = 12  # where conditions leave out some of these requests, but five of a run fit
_MORE = 8  # times as many in each further part


def windows(connection: Connection, stretch: Stretch, *, descending: bool) -> Iterator[Stretch]:
    """Yield parts of a stretch, one after another in its order."""
    rows = stretch.rows
    walked = connection.dialect.name == "sqlite" and (rows.contexts is None or len(rows.contexts) == 1)
    if walked or rows.identified or rows.runs != ALWAYS:
        yield stretch
    elif not stretch.by_time or rows.words or rows.ways:
        yield replace(stretch, rows=in_runs(connection, rows))
    else:
        yield from _by_time(connection, stretch, descending=descending)


def in_runs(connection: Connection, rows: Narrowed) -> Narrowed:
    """Return where to look with the runs that a question about some time can be about."""
    if connection.dialect.name == "sqlite" or rows.times == ALWAYS or rows.runs != ALWAYS:
        return rows
    (runs,) = bounds_of_runs(connection, [rows.times])
    return replace(rows, runs=Bounds(*runs))


def _by_time(connection: Connection, stretch: Stretch, *, descending: bool) -> Iterator[Stretch]:
    rows, after = stretch.rows, stretch.after
    first, last = rows.times
    if after is not None:
        first, last = (first, min(last, after[0])) if descending else (max(first, after[0]), last)
    place = _RUNS_OF_SOME if rows.conditions or rows.status else _RUNS
    while first <= last:
        reach = reach_of_runs(connection, (first, last), rows.contexts, descending=descending, place=place - 1)
        end = reach.end
        part = Bounds(first, last)
        if end is not None:
            part = Bounds(end, last) if descending else Bounds(first, end)
        if reach.contexts is None or reach.contexts:
            # Of all there is, no bound is one: PostgreSQL would take it for a way to few.
            runs = ALWAYS if part == ALWAYS else Bounds(reach.first, reach.last)
            yield replace(stretch, rows=replace(rows, times=part, runs=runs, contexts=reach.contexts))
        if end is None:
            return
        first, last = (first, end - 1) if descending else (end + 1, last)
        place *= _MORE
