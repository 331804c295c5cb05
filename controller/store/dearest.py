"""The dearest requests of a period, found through the rollups: requests have no index by cost."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Executable,
    Select,
    and_,
    bindparam,
    func,
    literal,
    select,
    union_all,
)

from controller.query.metrics.spans import Cover, Span
from controller.store.among import given_rows, rows
from controller.store.cost_covers import REMEMBERED, Covered, Shape, covered_by, in_edge, in_span, of_question
from controller.store.costs import known
from controller.store.raw_rows import raw_rows
from controller.store.run_span import bounds_of_runs
from controller.store.schema import traces
from controller.store.schema_queries import contexts, rollups
from controller.store.traces.columns import IS_COUNTED
from controller.trace_ids import RequestKey
from loadcell.stats.rollup import DAY, HOUR, MINUTE

_FINER = {DAY: HOUR, HOUR: MINUTE}
_LARGE = 1_000  # requests of a rollup for which it is worth while to look into those of a finer grain
_AT_ONCE = 100  # rollups whose requests are read together
_FEW = 4  # times as many rollups as requests are wanted
MAX_LOOKS = 2_000  # rollups that are looked into at most, of each part of the period
_MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class CostlyRequest:
    """A request and what it cost, in nano-USD; `duration_micros` is -1 when it is not defined."""

    key: RequestKey
    ts: int
    cost: int
    tokens: int
    duration_micros: int
    provider: str
    model: str
    user_id: str | None


class _Cell(NamedTuple):
    """A rollup: where it is, how many requests it counts, and a cost in nano-USD that none of them is above."""

    grain: int
    bucket: int
    context_key: int
    requests: int
    cost_max: int

    @property
    def place(self) -> tuple[int, int, int]:
        """Where it stands among those that are to be looked into: the dearer, then the newer, first."""
        return (-self.cost_max, -self.end, self.context_key)

    @property
    def first(self) -> int:
        """Beginning, in microseconds since 1970."""
        return self.bucket * self.grain * _MICROS

    @property
    def end(self) -> int:
        """End, exclusive."""
        return self.first + self.grain * _MICROS


_Placed = tuple[tuple[int, int, int], _Cell]

_COST: ColumnElement[int] = known(traces.c.prompt_cost) + known(traces.c.completion_cost)
_CELL = (
    rollups.c.grain,
    rollups.c.bucket,
    rollups.c.context_key,
    rollups.c.ok_count + rollups.c.error_count,
    rollups.c.cost_max,
)


def dearest_requests(connection: Connection, covered: Covered, limit: int) -> list[CostlyRequest]:
    """Return the requests that cost the most, and anything at all; of equally dear ones the newest first.

    Rollups are looked into in the order of their dearest requests, until none can have one that is dear enough.
    """
    at_edges = _at_edges(connection, covered, limit)
    found: list[CostlyRequest] = []
    # What the dearest request of a rollup cost is known, so as many rollups as requests are wanted have enough. Of
    # what earlier versions stored no more than a bound is known: then more are needed.
    for most in (_FEW * limit, MAX_LOOKS):
        spans = covered.cover.spans if most < MAX_LOOKS else _kept(connection, covered.cover.spans)
        parts = _dear_cells(connection, covered_by(connection, covered.question, Cover(tuple(spans), ())), most)
        unseen = max((part[-1].cost_max for part in parts if len(part) == most), default=0)
        found = _search(connection, [cell for part in parts for cell in part], at_edges, limit)
        if unseen <= _enough(found, limit):
            break
    return found


def _at_edges(connection: Connection, covered: Covered, limit: int) -> list[CostlyRequest]:
    """Return the dearest requests at each edge of a period."""
    if not covered.shape.edges:
        return []
    return _read(connection, _of_edges(covered.shape), covered.given | {"limit": limit})


def _kept(connection: Connection, spans: Sequence[Span]) -> list[Span]:
    """Return what of some spans is not older than every request: rollups are kept for longer."""
    oldest: int | None = connection.execute(select(func.min(traces.c.ts))).scalar_one()
    if oldest is None:
        return []
    firsts = [max(span.first, oldest // (span.grain * _MICROS)) for span in spans]
    return [replace(span, first=first) for span, first in zip(spans, firsts, strict=True) if first < span.end]


def _search(
    connection: Connection, cells: list[_Cell], known_ones: list[CostlyRequest], limit: int
) -> list[CostlyRequest]:
    """Return the dearest of some requests and those of some rollups."""
    heap = [(cell.place, cell) for cell in cells]
    heapq.heapify(heap)
    found = _dearest(known_ones, limit)
    while some := _next_cells(connection, heap, _enough(found, limit), min(limit, _AT_ONCE)):
        found = _dearest([*found, *_of_some(connection, some, _enough(found, limit), limit)], limit)
    return found


def _dearest(requests: list[CostlyRequest], limit: int) -> list[CostlyRequest]:
    return sorted(requests, key=lambda one: (-one.cost, -one.ts, one.key))[:limit]


def _enough(found: list[CostlyRequest], limit: int) -> int:
    """Return the cost a request must be above to be one of the dearest."""
    return found[-1].cost if len(found) == limit else 0


def _dear_cells(connection: Connection, covered: Covered, most: int) -> list[list[_Cell]]:
    """Return of each span the rollups with the dearest requests."""
    parts: list[list[_Cell]] = [[] for _ in covered.shape.grains]
    if parts:
        for place, *cell in raw_rows(connection, _dear(covered.shape), covered.given | {"most": most}):
            parts[place].append(_Cell(*cell))
    return [sorted(part, key=lambda cell: cell.place) for part in parts]


@lru_cache(maxsize=REMEMBERED)
def _dear(shape: Shape) -> Executable:
    parts = [
        select(literal(place).label("place"), *_CELL)
        .where(in_span(shape, place), rollups.c.cost_max > 0, *of_question(shape, rollups.c.context_key))
        .order_by(rollups.c.cost_max.desc(), rollups.c.bucket.desc())
        .limit(bindparam("most"))
        .subquery()
        for place in range(len(shape.grains))
    ]
    return union_all(*(select(part) for part in parts))


def _next_cells(connection: Connection, heap: list[_Placed], enough: int, count: int) -> list[_Cell]:
    """Take from a heap the first rollups that may have requests above a cost, in grains that are worth while."""
    taken: list[_Cell] = []
    while len(taken) < count and heap and heap[0][1].cost_max > enough:
        _, cell = heapq.heappop(heap)
        finer = _finer(connection, cell) if cell.grain in _FINER and cell.requests > _LARGE else []
        # Finer ones are kept for less long than requests.
        if sum(one.requests for one in finer) == cell.requests:
            for one in finer:
                if one.cost_max > enough:
                    heapq.heappush(heap, (one.place, one))
        else:
            taken.append(cell)
    return taken


def _finer(connection: Connection, cell: _Cell) -> list[_Cell]:
    grain = _FINER[cell.grain]
    first, end = cell.first // _MICROS // grain, cell.end // _MICROS // grain
    asked = {"grain": grain, "first": first, "end": end, "key": cell.context_key}
    return [_Cell(*row) for row in raw_rows(connection, _INSIDE, asked)]


_INSIDE = select(*_CELL).where(
    rollups.c.grain == bindparam("grain"),
    rollups.c.bucket >= bindparam("first"),
    rollups.c.bucket < bindparam("end"),
    rollups.c.context_key == bindparam("key"),
)


def _of_some(connection: Connection, cells: Sequence[_Cell], enough: int, limit: int) -> list[CostlyRequest]:
    """Return the dearest requests of some rollups that cost more than others."""
    dialect = connection.dialect.name
    asked = rows(dialect, [(cell.context_key, cell.first, cell.end) for cell in cells])
    asked |= {"enough": enough, "limit": limit}
    if dialect == "postgresql":
        time = min(cell.first for cell in cells), max(cell.end for cell in cells)
        ((asked["first_run"], asked["last_run"]),) = bounds_of_runs(connection, [time])
    return _read(connection, _of_cells(dialect), asked)


@lru_cache
def _of_cells(dialect: str) -> Executable:
    wanted = given_rows(dialect, 3)
    context_key, first, end = wanted.c
    runs = [traces.c.run_key >= bindparam("first_run"), traces.c.run_key <= bindparam("last_run")]
    requests = _REQUESTS.join(
        wanted, and_(traces.c.context_key == context_key, traces.c.ts >= first, traces.c.ts < end)
    ).where(
        *(runs if dialect == "postgresql" else ()),
        IS_COUNTED,
        bindparam("enough", type_=BigInteger) < _COST,
    )
    return _dearest_of([requests])


@lru_cache(maxsize=REMEMBERED)
def _of_edges(shape: Shape) -> Executable:
    return _dearest_of(
        [
            _REQUESTS.where(in_edge(shape, place), *of_question(shape, traces.c.context_key), _COST > 0)
            for place in range(shape.edges)
        ]
    )


_REQUESTS = select(
    *(traces.c[name] for name in RequestKey._fields),
    traces.c.ts,
    _COST.label("cost"),
    (known(traces.c.prompt_tokens) + known(traces.c.completion_tokens)).label("tokens"),
    traces.c.e2e_micros,
    traces.c.context_key,
)


def _dearest_of(queries: Sequence[Select[Any]]) -> Executable:
    """Return the statement that finds the dearest requests of each query, as many as its `limit`."""
    parts = []
    for query in queries:
        # Joined afterwards: PostgreSQL would begin with the contexts and then look at all of their requests.
        few = query.order_by(_COST.desc(), traces.c.ts.desc()).limit(bindparam("limit")).subquery()
        names = (*RequestKey._fields, "ts", "cost", "tokens", "e2e_micros")
        named = (contexts.c.provider, contexts.c.model, contexts.c.user_id)
        whole = select(*(few.c[name] for name in names), *named)
        parts.append(whole.join(contexts, contexts.c.context_key == few.c.context_key))
    return union_all(*parts) if len(parts) > 1 else parts[0]


def _read(connection: Connection, statement: Executable, asked: Mapping[str, Any]) -> list[CostlyRequest]:
    size = len(RequestKey._fields)
    return [CostlyRequest(RequestKey(*row[:size]), *row[size:]) for row in raw_rows(connection, statement, asked)]
