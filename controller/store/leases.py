"""Operations on leases."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, or_, select, update

from controller.lifecycle import LEASE_TRANSITIONS, lease_ended, run_ended
from controller.store.chunks import chunks
from controller.store.records import LeaseRecord
from controller.store.schema import benchmark_runs, leases
from loadcell.v1 import result_pb2

OPEN_STATES = [state for state in LEASE_TRANSITIONS if not lease_ended(state)]
_NAMES = [field.name for field in fields(LeaseRecord)]
_COLUMNS = [leases.c[name] for name in _NAMES]


def insert_leases(connection: Connection, records: Iterable[LeaseRecord]) -> None:
    """Store new leases; their lease_key is chosen by the database."""
    connection.execute(insert(leases), [_values(record) for record in records])


def list_leases(connection: Connection, run_key: int) -> list[LeaseRecord]:
    """Return the leases of a run by level and share."""
    query = select(*_COLUMNS).where(leases.c.run_key == run_key).order_by(leases.c.level, leases.c.lease_key)
    return [_record(row) for row in connection.execute(query)]


def list_heirs(connection: Connection, lease: LeaseRecord) -> list[LeaseRecord]:
    """Return the leases that have taken over from a lease, or from a lost worker of it."""
    query = select(*_COLUMNS).where(
        leases.c.run_key == lease.run_key, leases.c.level == lease.level, leases.c.succeeds == lease.lease_key
    )
    return [_record(row) for row in connection.execute(query.order_by(leases.c.lease_key))]


def count_leases(connection: Connection, run_key: int, level: int) -> int:
    """Return how many leases a level of a run has."""
    query = select(func.count()).select_from(leases).where(leases.c.run_key == run_key, leases.c.level == level)
    return connection.execute(query).scalar_one()


def agents_of_runs(connection: Connection, run_keys: Iterable[int]) -> dict[int, list[str]]:
    """Return the agents that carry or carried some runs, in the order of their leases."""
    query = (
        select(leases.c.run_key, leases.c.agent_id, func.min(leases.c.lease_key))
        .where(leases.c.run_key.in_(list(run_keys)))
        .group_by(leases.c.run_key, leases.c.agent_id)
        .order_by(func.min(leases.c.lease_key))
    )
    agents: dict[int, list[str]] = {}
    for run_key, agent_id, _ in connection.execute(query):
        agents.setdefault(run_key, []).append(agent_id)
    return agents


def get_lease(connection: Connection, lease_id: str) -> LeaseRecord | None:
    """Return a lease, None when there is none."""
    row = connection.execute(select(*_COLUMNS).where(leases.c.lease_id == lease_id)).one_or_none()
    return None if row is None else _record(row)


def find_open(connection: Connection, lease_ids: Iterable[str]) -> dict[str, bool]:
    """Return those of some leases that there are, and whether neither they nor their runs have ended."""
    query = select(leases.c.lease_id, leases.c.state, benchmark_runs.c.state).join(
        benchmark_runs, benchmark_runs.c.run_key == leases.c.run_key
    )
    return {
        lease_id: not lease_ended(lease) and not run_ended(run)
        for chunk in chunks(lease_ids)
        for lease_id, lease, run in connection.execute(query.where(leases.c.lease_id.in_(chunk)))
    }


def save_leases(connection: Connection, records: Iterable[LeaseRecord]) -> None:
    """Write every column of leases except those that belong to others.

    The number of committed batches belongs to ingest, and where a share is cut is decided once, by `cut_lease`. A
    lease that has ended keeps its state: whoever lost its run to another controller may be late to learn of it.
    """
    rows = [
        {**_values(record), "of_lease_key": record.lease_key, "of_state": record.state}
        for record in sorted(records, key=lambda record: record.lease_key)  # one order of locks for everybody
    ]
    for row in rows:
        del row["committed_batch_number"], row["end_ordinal"]
    if rows:
        # No IN: it does not go with many rows of parameters.
        writable = or_(*(leases.c.state == state for state in [*OPEN_STATES, bindparam("of_state")]))
        connection.execute(update(leases).where(leases.c.lease_key == bindparam("of_lease_key"), writable), rows)


def cut_lease(connection: Connection, record: LeaseRecord) -> bool:
    """Store that a lease has ended at its `end_ordinal`; return False when it was cut before."""
    cut = connection.execute(
        update(leases)
        .where(leases.c.lease_key == record.lease_key, leases.c.end_ordinal.is_(None))
        .values(
            state=record.state,
            error=record.error,
            end_ordinal=record.end_ordinal,
            end_offset_micros=record.end_offset_micros,
        )
        .returning(leases.c.lease_key)
    )
    return cut.first() is not None


def _values(record: LeaseRecord) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(record, name) for name in _NAMES if name != "lease_key"}
    values["health"] = None if record.health is None else record.health.SerializeToString()
    values["notes"] = json.dumps(record.notes)
    return values


def _record(row: Row[Any]) -> LeaseRecord:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    if values["health"] is not None:
        values["health"] = result_pb2.WorkerHealth.FromString(values["health"])
    values["notes"] = tuple(json.loads(values["notes"]))
    return LeaseRecord(**values)
