"""What requests cost together: from rollups and, for parts of minutes at the edges of a period, from traces.

Statements are built once for questions alike: that takes longer than to carry them out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Select,
    Subquery,
    bindparam,
    case,
    desc,
    func,
    literal,
    select,
    union_all,
)

from controller.query.costs.question import CostQuestion, Spent
from controller.query.metrics.spans import Cover, Edge, Span
from controller.store.cost_covers import REMEMBERED, Covered, Shape, covered_by, in_edge, in_span, of_question
from controller.store.raw_rows import Rows, raw_rows
from controller.store.schema import traces
from controller.store.schema_queries import contexts, rollups
from loadcell.stats.rollup import HOUR

_SUMS = ("prompt", "completion", "requests", "tokens")
_HOUR_MICROS = HOUR * 1_000_000
_READ_TOGETHER = 100_000  # requests

_OF_ROLLUPS: dict[str, ColumnElement[int]] = {
    "prompt": rollups.c.prompt_cost,
    "completion": rollups.c.completion_cost,
    "requests": rollups.c.ok_count + rollups.c.error_count,
    "tokens": rollups.c.prompt_tokens + rollups.c.completion_tokens,
}


def known(column: ColumnElement[int]) -> ColumnElement[int]:
    """Return a column of traces with 0 for what is not defined."""
    return case((column > 0, column), else_=0)


_OF_TRACES: dict[str, ColumnElement[int]] = {
    "prompt": known(traces.c.prompt_cost),
    "completion": known(traces.c.completion_cost),
    "requests": literal(1),
    "tokens": known(traces.c.prompt_tokens) + known(traces.c.completion_tokens),
}


def spent_by(
    connection: Connection, covered: Covered, dimensions: Sequence[str]
) -> dict[tuple[str | None, ...], Spent]:
    """Return what the requests of each combination of values cost; `dimensions` are columns of contexts."""
    rows = _spent(connection, covered, by=tuple(dimensions))
    count = len(dimensions)
    return {tuple(row[:count]): Spent(*map(int, row[count:])) for row in rows}


def spent_over_time(connection: Connection, covered: Covered, width: int) -> dict[int, Spent]:
    """Return what the requests cost that began in each span of `width` seconds, by its number since 1970.

    The question is covered in spans of that width. Spans without requests are left out; the first and the last are
    cut off by the period.
    """
    return {int(row[0]): Spent(*map(int, row[1:])) for row in _spent(connection, covered, by=width)}


def _spent(connection: Connection, covered: Covered, by: tuple[str, ...] | int) -> Rows:
    """Return the sums by columns of contexts, or by the number of the span of so many seconds."""
    shape = covered.shape
    if not shape.grains and not shape.edges:
        return ()
    statement = _by_dimensions(shape, by) if isinstance(by, tuple) else _by_time(shape, by)
    return raw_rows(connection, statement, covered.given)


@lru_cache(maxsize=REMEMBERED)
def _by_dimensions(shape: Shape, dimensions: tuple[str, ...]) -> Executable:
    parts, columns = _parts(shape, None), [contexts.c[name] for name in dimensions]
    return (
        select(*columns, *(func.sum(parts.c[name]) for name in _SUMS))
        .select_from(parts.join(contexts, contexts.c.context_key == parts.c.by))
        .group_by(*columns)
    )


@lru_cache(maxsize=REMEMBERED)
def _by_time(shape: Shape, width: int) -> Executable:
    parts = _parts(shape, width)
    return select(parts.c.by, *(func.sum(parts.c[name]) for name in _SUMS)).group_by(parts.c.by)


def _parts(shape: Shape, width: int | None) -> Subquery:
    """Return sums by context, or by number of the span of `width` seconds, in several parts."""
    parts = [_of_span(shape, place, width) for place in range(len(shape.grains))]
    parts += [_of_edge(shape, place, width) for place in range(shape.edges)]
    return union_all(*parts).subquery()


def _of_span(shape: Shape, place: int, width: int | None) -> Select[Any]:
    grain = shape.grains[place]
    by: ColumnElement[int] = rollups.c.context_key
    groups: list[ColumnElement[int]] = [by]
    if width == grain:
        by = rollups.c.bucket
        groups = [rollups.c.grain, by]  # the order of the rows, so that they need no sorting
    elif width is not None:
        by = rollups.c.bucket * grain // width
        groups = [by]
    return (
        select(*_sums(by, _OF_ROLLUPS))
        .where(in_span(shape, place), *of_question(shape, rollups.c.context_key))
        .group_by(*groups)
    )


def _of_edge(shape: Shape, place: int, width: int | None) -> Select[Any]:
    by: ColumnElement[int] = traces.c.context_key
    if width is not None:
        by = traces.c.ts // (width * 1_000_000)
    return (
        select(*_sums(by, _OF_TRACES))
        .where(in_edge(shape, place), *of_question(shape, traces.c.context_key))
        .group_by(by)
    )


def _sums(by: ColumnElement[int], of: Mapping[str, ColumnElement[int]]) -> list[ColumnElement[Any]]:
    return [by.label("by"), *(func.sum(value).label(name) for name, value in of.items())]


def newest_seconds(connection: Connection, question: CostQuestion, most: int) -> list[tuple[int, Spent]]:
    """Return what requests cost by the second (since 1970) they began in, at most the newest, in order of time."""
    period, found = question.period, list[tuple[int, Spent]]()
    for first, end in _stretches(connection, question):
        stretch = Edge(max(first, period.start), min(end, period.end))
        covered = covered_by(connection, question, Cover((), (stretch,)))
        rows = raw_rows(connection, _newest(covered.shape), covered.given | {"most": most - len(found)})
        found += [(int(row[0]), Spent(*map(int, row[1:]))) for row in rows]
        if len(found) == most:
            break
    return found[::-1]


@lru_cache(maxsize=REMEMBERED)
def _newest(shape: Shape) -> Executable:
    return _of_edge(shape, 0, 1).order_by(desc("by")).limit(bindparam("most"))


def _stretches(connection: Connection, question: CostQuestion) -> Iterator[tuple[int, int]]:
    """Yield stretches of time with requests, the newest first, in microseconds; with few requests each."""
    hours = Span(HOUR, question.period.start // _HOUR_MICROS, -(-question.period.end // _HOUR_MICROS))
    covered = covered_by(connection, question, Cover((hours,), ()))
    newest, together = None, 0
    hour = 0
    for hour, requests in raw_rows(connection, _by_hour(covered.shape), covered.given):
        newest = hour if newest is None else newest
        together += int(requests)
        if together >= _READ_TOGETHER:
            yield hour * _HOUR_MICROS, (newest + 1) * _HOUR_MICROS
            newest, together = None, 0
    if newest is not None:
        yield hour * _HOUR_MICROS, (newest + 1) * _HOUR_MICROS


@lru_cache(maxsize=REMEMBERED)
def _by_hour(shape: Shape) -> Executable:
    return (
        select(rollups.c.bucket, func.sum(_OF_ROLLUPS["requests"]))
        .where(in_span(shape, 0), *of_question(shape, rollups.c.context_key))
        .group_by(rollups.c.bucket)
        .order_by(rollups.c.bucket.desc())
    )
