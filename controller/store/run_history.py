"""Finding runs of the past."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from controller.store.schema import benchmark_runs as runs
from controller.store.schema_queries import contexts


def find_baseline(connection: Connection, project_id: str, model: str, besides: Collection[str]) -> str | None:
    """Return the newest completed run of a model in a project that is marked as baseline, except some."""
    query = (
        select(runs.c.run_id)
        .join(contexts, contexts.c.context_key == runs.c.context_key)
        .where(
            runs.c.baseline,
            runs.c.status == "completed",
            runs.c.model == model,
            contexts.c.project_id == project_id,
            runs.c.run_id.not_in(besides),
        )
        .order_by(runs.c.created_at.desc(), runs.c.run_key.desc())
        .limit(1)
    )
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found
