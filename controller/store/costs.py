"""What requests cost together: from rollups and, for parts of minutes at the edges of a period, from traces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    case,
    desc,
    false,
    func,
    literal,
    select,
    tuple_,
    union_all,
)

from controller.query.costs.question import CostQuestion, Spent
from controller.query.metrics.parameters import Period
from controller.query.metrics.spans import Cover, Edge, Span, as_kept, cover
from controller.store.rollup_reading import read_extent
from controller.store.run_span import runs_of
from controller.store.schema import traces
from controller.store.schema_queries import contexts, rollups
from controller.store.unkept import CONTEXT_KEY, refuse_unkept
from loadcell.stats.columns import ERROR, OK
from loadcell.stats.rollup import DAY, HOUR

_SUMS = ("prompt", "completion", "requests", "tokens")
_DAY_MICROS, _HOUR_MICROS = DAY * 1_000_000, HOUR * 1_000_000
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
    connection: Connection, question: CostQuestion, dimensions: Sequence[str]
) -> dict[tuple[str | None, ...], Spent]:
    """Return what the requests of each combination of values cost; `dimensions` are columns of contexts."""
    period = question.period
    parts = _parts(connection, question, what_covers(connection, period))
    if parts is None:
        return {}
    columns = [contexts.c[name] for name in dimensions]
    query = (
        select(*columns, *(func.sum(parts.c[name]) for name in _SUMS))
        .select_from(parts.join(contexts, contexts.c.context_key == parts.c.by))
        .group_by(*columns)
    )
    count = len(columns)
    return {tuple(row[:count]): Spent(*map(int, row[count:])) for row in connection.execute(query)}


def spent_over_time(connection: Connection, question: CostQuestion, width: int) -> dict[int, Spent]:
    """Return what the requests cost that began in each span of `width` seconds, by its number since 1970.

    Spans without requests are left out; the first and the last are cut off by the period.
    """
    period = question.period
    parts = _parts(connection, question, what_covers(connection, period, width), width=width)
    if parts is None:
        return {}
    query = select(parts.c.by, *(func.sum(parts.c[name]) for name in _SUMS)).group_by(parts.c.by)
    return {int(row[0]): Spent(*map(int, row[1:])) for row in connection.execute(query)}


def what_covers(connection: Connection, period: Period, width: int | None = None) -> Cover:
    """Return what makes up a period, in spans of `width` seconds, of what is still kept."""
    covered = cover(period.start, period.end, width=width, now=period.now)
    return as_kept(covered, read_extent(connection).oldest)


def of_question(question: CostQuestion, context_key: ColumnElement[int]) -> list[ColumnElement[bool]]:
    """Return the conditions that leave out the contexts that were not asked for or may not be seen."""
    conditions: list[ColumnElement[bool]] = [contexts.c[name] == value for name, value in question.exact.items()]
    projects = question.scope.projects
    if projects is not None:
        conditions.append(contexts.c.project_id.in_(sorted(projects)) if projects else false())
    if not conditions:
        return []
    return [context_key.in_(select(contexts.c.context_key).where(*conditions))]


def in_span(connection: Connection, span: Span) -> ColumnElement[bool]:
    """Return the condition of rollups of a span."""
    bucket = rollups.c.bucket
    if span.grain == DAY and connection.dialect.name == "sqlite":
        # The rows of days are the last of the table. Where SQLite is told an end, it compares each row
        # with it, and for that reads the whole row with its sketches, which takes ten times as long.
        return and_(
            tuple_(rollups.c.grain, bucket) >= tuple_(literal(DAY), literal(span.first)), bucket < span.end
        )
    return and_(rollups.c.grain == span.grain, bucket >= span.first, bucket < span.end)


def in_edges(connection: Connection, edges: Sequence[Edge]) -> list[ColumnElement[bool]]:
    """Return for each of some ranges of time the condition of requests that are counted and began in it."""
    runs = runs_of(connection, [(edge.start, edge.end) for edge in edges])
    return [
        and_(
            traces.c.ts >= edge.start,
            traces.c.ts < edge.end,
            *in_runs,
            traces.c.status.in_((OK, ERROR)),
        )
        for edge, in_runs in zip(edges, runs, strict=True)
    ]


def _parts(
    connection: Connection, question: CostQuestion, covered: Cover, *, width: int | None = None
) -> Subquery | None:
    """Return sums by context, or by number of the span of `width` seconds, in several parts; None for no time.

    Raises:
        LoadcellError: REQUESTS_NOT_KEPT.
    """
    refuse_unkept(connection, covered.edges, of_question(question, CONTEXT_KEY))
    parts = [_of_span(connection, question, span, width) for span in covered.spans]
    parts += [_of_edge(question, edge, width) for edge in in_edges(connection, covered.edges)]
    return union_all(*parts).subquery() if parts else None


def _of_span(connection: Connection, question: CostQuestion, span: Span, width: int | None) -> Select[Any]:
    by: ColumnElement[int] = rollups.c.context_key
    groups: list[ColumnElement[int]] = [by]
    if width == span.grain:
        by = rollups.c.bucket
        groups = [rollups.c.grain, by]  # the order of the rows, so that they need no sorting
    elif width is not None:
        by = rollups.c.bucket * span.grain // width
        groups = [by]
    return (
        select(*_sums(by, _OF_ROLLUPS))
        .where(in_span(connection, span), *of_question(question, rollups.c.context_key))
        .group_by(*groups)
    )


def _of_edge(question: CostQuestion, in_edge: ColumnElement[bool], width: int | None) -> Select[Any]:
    by: ColumnElement[int] = traces.c.context_key
    if width is not None:
        by = traces.c.ts // (width * 1_000_000)
    return select(*_sums(by, _OF_TRACES)).where(in_edge, *of_question(question, traces.c.context_key)).group_by(by)


def _sums(by: ColumnElement[int], of: Mapping[str, ColumnElement[int]]) -> list[ColumnElement[Any]]:
    return [by.label("by"), *(func.sum(value).label(name) for name, value in of.items())]


def newest_seconds(connection: Connection, question: CostQuestion, most: int) -> list[tuple[int, Spent]]:
    """Return what requests cost by the second (since 1970) they began in, at most the newest, in order of time."""
    period, found = question.period, list[tuple[int, Spent]]()
    for first, end in _stretches(connection, question):
        edge = Edge(max(first, period.start), min(end, period.end))
        refuse_unkept(connection, [edge], of_question(question, CONTEXT_KEY))
        (in_edge,) = in_edges(connection, [edge])
        query = _of_edge(question, in_edge, 1).order_by(desc("by")).limit(most - len(found))
        found += [(int(row[0]), Spent(*map(int, row[1:]))) for row in connection.execute(query)]
        if len(found) == most:
            break
    return found[::-1]


def _stretches(connection: Connection, question: CostQuestion) -> Iterator[tuple[int, int]]:
    """Yield stretches of time with requests, the newest first, in microseconds; with few requests each."""
    hours = Span(HOUR, question.period.start // _HOUR_MICROS, -(-question.period.end // _HOUR_MICROS))
    count = func.sum(_OF_ROLLUPS["requests"])
    query = (
        select(rollups.c.bucket, count)
        .where(in_span(connection, hours), *of_question(question, rollups.c.context_key))
        .group_by(rollups.c.bucket)
        .order_by(rollups.c.bucket.desc())
    )
    newest, together = None, 0
    hour = 0
    for hour, requests in connection.execute(query).all():
        newest = hour if newest is None else newest
        together += int(requests)
        if together >= _READ_TOGETHER:
            yield hour * _HOUR_MICROS, (newest + 1) * _HOUR_MICROS
            newest, together = None, 0
    if newest is not None:
        yield hour * _HOUR_MICROS, (newest + 1) * _HOUR_MICROS
