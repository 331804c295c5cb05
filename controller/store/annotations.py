"""What people say about a run: labels, a remark, and whether others are compared with it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from controller.store.postgresql import announce
from controller.store.run_search import keep_text
from controller.store.schema import benchmark_runs as runs
from loadcell.v1 import result_pb2


@dataclass(frozen=True, slots=True)
class Annotations:
    """Of one run. The labels are part of its configuration."""

    config: result_pb2.RunConfig
    remark: str
    baseline: bool


def get_annotations(connection: Connection, run_id: str, *, to_change: bool = False) -> Annotations | None:
    """Return the annotations of a run; those that are to be changed nobody else changes meanwhile."""
    query = select(runs.c.config, runs.c.remark, runs.c.baseline).where(runs.c.run_id == run_id)
    row = connection.execute(query.with_for_update() if to_change else query).one_or_none()
    if row is None:
        return None
    return Annotations(result_pb2.RunConfig.FromString(row.config), row.remark, row.baseline)


def set_annotations(connection: Connection, run_id: str, new: Annotations) -> None:
    """Replace the annotations of a run."""
    values = {"config": new.config.SerializeToString(), "remark": new.remark, "baseline": new.baseline}
    changed = update(runs).where(runs.c.run_id == run_id).values(values).returning(runs.c.run_key)
    keep_text(connection, connection.execute(changed).scalar_one())
    announce(connection, run_id)
