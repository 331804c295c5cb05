"""What covers the period of a question about costs, found once for all that is asked about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, select

from controller.query.costs.question import CostQuestion
from controller.query.metrics.spans import Cover, as_kept, cover
from controller.store.among import given, one_of_given_texts
from controller.store.metrics_requests import began_in, given_times
from controller.store.rollup_reading import read_extent
from controller.store.schema_queries import contexts, rollups
from controller.store.traces.columns import IS_COUNTED
from controller.store.unkept import CONTEXT_KEY, refuse_unkept

REMEMBERED = 256  # statements


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


@dataclass(frozen=True, slots=True)
class Covered:
    """A question with what covers its period.

    Attributes:
        question: the question.
        cover: what covers it.
        shape: what its statements follow from.
        given: the parameters of its statements.
    """

    question: CostQuestion
    cover: Cover
    shape: Shape
    given: dict[str, Any]


def cover_question(connection: Connection, question: CostQuestion, width: int | None = None) -> Covered:
    """Return a question with what makes up its period, in spans of `width` seconds, of what is still kept.

    Raises:
        LoadcellError: REQUESTS_NOT_KEPT, not all requests at the edges of the period were kept.
    """
    period = question.period
    whole = cover(period.start, period.end, width=width, now=period.now)
    return covered_by(connection, question, as_kept(whole, read_extent(connection).oldest))


def covered_by(connection: Connection, question: CostQuestion, found: Cover) -> Covered:
    """Return a question with what covers it.

    Raises:
        LoadcellError: REQUESTS_NOT_KEPT, not all requests of the edges were kept.
    """
    scope = question.scope
    grains = tuple(span.grain for span in found.spans)
    shape = Shape(
        connection.dialect.name, tuple(question.exact), scope.projects is not None, grains, len(found.edges)
    )
    asked: dict[str, Any] = {f"exact_{name}": value for name, value in question.exact.items()}
    if scope.projects is not None:
        asked |= given(shape.dialect, scope.projects, "projects")
    for place, span in enumerate(found.spans):
        asked |= {f"first_{place}": span.first, f"end_{place}": span.end}
    asked |= given_times(connection, found.edges)
    refuse_unkept(connection, found.edges, of_question(shape, CONTEXT_KEY), asked)
    return Covered(question, found, shape, asked)


@lru_cache(maxsize=REMEMBERED)
def of_question(shape: Shape, context_key: ColumnElement[int]) -> Sequence[ColumnElement[bool]]:
    """Return the conditions that leave out the contexts that were not asked for or may not be seen."""
    conditions: list[ColumnElement[bool]] = [
        contexts.c[name] == bindparam(f"exact_{name}") for name in shape.exact
    ]
    if shape.scoped:
        conditions.append(one_of_given_texts(shape.dialect, contexts.c.project_id, "projects"))
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
    return and_(*began_in(shape.dialect, place), IS_COUNTED)
