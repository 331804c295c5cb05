"""Feedback on requests, summed up."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, case, func, select

from controller.query.metrics.rows import Contexts
from controller.query.metrics.spans import Edge
from controller.store.metrics_requests import among
from controller.store.schema import request_key, traces
from controller.store.schema_queries import feedback
from controller.store.traces.columns import IS_ERROR, IS_OK

_NAMES = [column.name for column in request_key()]


@dataclass(frozen=True, slots=True)
class Feedback:
    """Mean score, 0 to 1, None without scores; how often requests were said to be resolved, and not to be."""

    mean_score: float | None
    resolved: int
    unresolved: int


def read_feedback(connection: Connection, edge: Edge, of: Contexts) -> Feedback:
    """Return the feedback on requests of some contexts that began in a range of time."""
    found = connection.execute(
        select(
            func.avg(feedback.c.score),
            func.sum(case((feedback.c.resolved.is_(True), 1), else_=0)),
            func.sum(case((feedback.c.resolved.is_(False), 1), else_=0)),
        )
        .join_from(feedback, traces, and_(*(traces.c[name] == feedback.c[name] for name in _NAMES)))
        # Nobody judges a request before it began: so what is older need not be looked at. The time of requests is
        # an expression, for which there is no index: of those there are many more than judgements.
        .where(
            feedback.c.created_at >= edge.start,
            traces.c.ts + 0 >= edge.start,
            traces.c.ts + 0 < edge.end,
            *among(connection, of),
            IS_OK | IS_ERROR,
        )
    ).one()
    return Feedback(found[0], found[1] or 0, found[2] or 0)
