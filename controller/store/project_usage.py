"""What the runs of a project take of its quotas."""

from __future__ import annotations

import math
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

from controller.keeping import kept_share
from controller.limits.quotas import Taken, taken_by
from controller.planned import planned_requests
from controller.store.schema import batches, leases, traces
from controller.store.schema import benchmark_runs as runs
from controller.store.schema_queries import contexts
from controller.store.schema_sums import batch_sums
from loadcell.v1 import result_pb2


def taken_of(connection: Connection, project_id: str, *, with_traces: bool = True) -> Taken:
    """Return what a project has taken; its traces are counted only when that is wanted.

    Of a run that has not ended the traces to come count as well, as far as its plan tells.
    """
    query = _of_project(select(runs.c.run_key, runs.c.config), project_id)
    active = {
        run_key: result_pb2.RunConfig.FromString(config)
        for run_key, config in connection.execute(query.where(runs.c.status.in_(("pending", "running"))))
    }
    if not with_traces:
        return taken_by(active.values())
    stored = _stored(connection, project_id)
    for run_key, config in active.items():
        stored[run_key] = max(stored.get(run_key, 0), planned_traces(config))
    return taken_by(active.values(), sum(stored.values()))


def planned_traces(config: result_pb2.RunConfig) -> int:
    """Return how many requests a run will store; closed loops for a time tell of their warm-up only."""
    levels = len(config.concurrency) + len(config.rate)
    if config.HasField("num_prompts"):
        measured: float = planned_requests(config)
    else:
        measured = sum(config.rate) * config.duration_seconds
    return math.ceil((measured + config.warmup * levels) * kept_share(config))


def _stored(connection: Connection, project_id: str) -> dict[int, int]:
    """Return how many requests are stored of each run, by the batches they came in: counting rows takes too long.

    Requests expire in the order of their runs, so of those before the oldest that is there nothing is left.
    """
    sums = and_(
        batch_sums.c.run_key == leases.c.run_key,
        batch_sums.c.lease_key == batches.c.lease_key,
        batch_sums.c.batch_number == batches.c.batch_number,
    )
    query = (
        _of_project(
            select(leases.c.run_key, func.sum(func.coalesce(batch_sums.c.kept_count, batches.c.row_count))),
            project_id,
        )
        .join(leases, leases.c.run_key == runs.c.run_key)
        .join(batches, batches.c.lease_key == leases.c.lease_key)
        .outerjoin(batch_sums, sums)
        .where(runs.c.run_key >= select(func.min(traces.c.run_key)).scalar_subquery())
        .group_by(leases.c.run_key)
    )
    return {run_key: int(count) for run_key, count in connection.execute(query)}


def _of_project(query: Select[Any], project_id: str) -> Select[Any]:
    mine = contexts.c.context_key == runs.c.context_key
    return query.join_from(runs, contexts, mine).where(contexts.c.project_id == project_id)
