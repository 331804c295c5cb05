"""What requests cost together: from rollups and, for parts of minutes at the edges of a period, from traces.

Statements are built once for questions alike: that takes longer than to carry them out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    desc,
    func,
    literal,
    select,
    union_all,
)

from controller.query.costs.question import CostQuestion, Spent
from controller.query.metrics.parameters import Period
from controller.query.metrics.spans import Cover, Edge, Span, as_kept, cover
from controller.store.metrics_requests import began_in, given_times
from controller.store.raw_rows import raw_rows
from controller.store.rollup_reading import read_extent
from controller.store.schema import traces
from controller.store.schema_queries import contexts, rollups
from controller.store.unkept import CONTEXT_KEY, refuse_unkept
from loadcell.stats.columns import ERROR, OK
from loadcell.stats.rollup import HOUR

REMEMBERED = 256  # statements
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


@dataclass(frozen=True, slots=True)
class Shape:
    """What the statements of a question follow from.

    Attributes:
        dialect: name of the engine's.
        exact: dimensions of which one value is asked for.
        scoped: whether the caller sees some projects only.
        grains: of the spans that are read.
        edges: number of the ranges of time whose requests are read.
    """

    dialect: str
    exact: tuple[str, ...]
    scoped: bool
    grains: tuple[int, ...]
    edges: int


def shape_of(connection: Connection, question: CostQuestion, covered: Cover) -> Shape:
    """Return the shape of a question about what covers its period."""
    grains = tuple(span.grain for span in covered.spans)
    scoped = question.scope.projects is not None
    return Shape(connection.dialect.name, tuple(question.exact), scoped, grains, len(covered.edges))


def given(connection: Connection, question: CostQuestion, covered: Cover) -> dict[str, Any]:
    """Return the parameters of the statements of a question."""
    found: dict[str, Any] = {f"exact_{name}": value for name, value in question.exact.items()}
    if question.scope.projects is not None:
        found["projects"] = sorted(question.scope.projects)
    for place, span in enumerate(covered.spans):
        found |= {f"first_{place}": span.first, f"end_{place}": span.end}
    return found | given_times(connection, covered.edges)


def spent_by(
    connection: Connection, question: CostQuestion, dimensions: Sequence[str]
) -> dict[tuple[str | None, ...], Spent]:
    """Return what the requests of each combination of values cost; `dimensions` are columns of contexts."""
    covered = what_covers(connection, question.period)
    rows = _spent(connection, question, covered, by=tuple(dimensions))
    count = len(dimensions)
    return {tuple(row[:count]): Spent(*map(int, row[count:])) for row in rows}


def spent_over_time(connection: Connection, question: CostQuestion, width: int) -> dict[int, Spent]:
    """Return what the requests cost that began in each span of `width` seconds, by its number since 1970.

    Spans without requests are left out; the first and the last are cut off by the period.
    """
    covered = what_covers(connection, question.period, width)
    return {int(row[0]): Spent(*map(int, row[1:])) for row in _spent(connection, question, covered, by=width)}


def what_covers(connection: Connection, period: Period, width: int | None = None) -> Cover:
    """Return what makes up a period, in spans of `width` seconds, of what is still kept."""
    covered = cover(period.start, period.end, width=width, now=period.now)
    return as_kept(covered, read_extent(connection).oldest)


@lru_cache(maxsize=REMEMBERED)
def of_question(shape: Shape, context_key: ColumnElement[int]) -> Sequence[ColumnElement[bool]]:
    """Return the conditions that leave out the contexts that were not asked for or may not be seen."""
    conditions: list[ColumnElement[bool]] = [
        contexts.c[name] == bindparam(f"exact_{name}") for name in shape.exact
    ]
    if shape.scoped:
        conditions.append(contexts.c.project_id.in_(bindparam("projects", expanding=True)))
    if not conditions:
        return ()
    return (context_key.in_(select(contexts.c.context_key).where(*conditions)),)


def in_span(shape: Shape, place: int) -> ColumnElement[bool]:
    """Return the condition of rollups of a span."""
    grain, bucket = shape.grains[place], rollups.c.bucket
    return and_(
        rollups.c.grain == grain, bucket >= bindparam(f"first_{place}"), bucket < bindparam(f"end_{place}")
    )


def in_edge(shape: Shape, place: int) -> ColumnElement[bool]:
    """Return the condition of requests that are counted and began in a range of time."""
    return and_(*began_in(shape.dialect, place), traces.c.status.in_((OK, ERROR)))


def _spent(
    connection: Connection, question: CostQuestion, covered: Cover, by: tuple[str, ...] | int
) -> Sequence[Sequence[Any]]:
    """Return the sums by columns of contexts, or by the number of the span of so many seconds.

    Raises:
        LoadcellError: REQUESTS_NOT_KEPT.
    """
    if not covered.spans and not covered.edges:
        return ()
    shape, asked = shape_of(connection, question, covered), given(connection, question, covered)
    refuse_unkept(connection, covered.edges, of_question(shape, CONTEXT_KEY), asked)
    return raw_rows(connection, _by_dimensions(shape, by) if isinstance(by, tuple) else _by_time(shape, by), asked)


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
        stretch = Cover((), (Edge(max(first, period.start), min(end, period.end)),))
        shape, asked = shape_of(connection, question, stretch), given(connection, question, stretch)
        refuse_unkept(connection, stretch.edges, of_question(shape, CONTEXT_KEY), asked)
        rows = raw_rows(connection, _newest(shape), asked | {"most": most - len(found)})
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
    covered = Cover((hours,), ())
    shape, asked = shape_of(connection, question, covered), given(connection, question, covered)
    newest, together = None, 0
    hour = 0
    for hour, requests in raw_rows(connection, _by_hour(shape), asked):
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
