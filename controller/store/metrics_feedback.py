"""Feedback on requests, summed up."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, case, func, select

from controller.query.metrics.rows import Contexts
from controller.query.metrics.spans import Edge
from controller.store.metrics_requests import among
from controller.store.run_span import runs_of
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
    (in_runs,) = runs_of(connection, [(edge.start, edge.end)])
    # SQLite does not count rows and would begin with the requests, of which there are many more than judgements:
    # there is no index for an expression.
    ts = traces.c.ts + 0 if connection.dialect.name == "sqlite" else traces.c.ts
    found = connection.execute(
        select(
            func.avg(feedback.c.score),
            func.sum(case((feedback.c.resolved.is_(True), 1), else_=0)),
            func.sum(case((feedback.c.resolved.is_(False), 1), else_=0)),
        )
        .join_from(feedback, traces, and_(*(traces.c[name] == feedback.c[name] for name in _NAMES)))
        # Nobody judges a request before it began: so what is older need not be looked at.
        .where(
            feedback.c.created_at >= edge.start,
            ts >= edge.start,
            ts < edge.end,
            *in_runs,
            *among(connection, of),
            IS_OK | IS_ERROR,
        )
    ).one()
    return Feedback(found[0], found[1] or 0, found[2] or 0)
