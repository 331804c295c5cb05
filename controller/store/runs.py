"""Operations on benchmark_runs and run_levels."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from controller.lifecycle import STATUS_WORDS, check_run, run_ended
from controller.scope import Scope
from controller.store.contexts import context_of, intern_context
from controller.store.events import record_run_state
from controller.store.ownership import ACTIVE_STATES
from controller.store.postgresql import announce
from controller.store.records import LevelRecord, RunRecord
from controller.store.run_keys import next_key
from controller.store.run_search import keep_text
from controller.store.schema import benchmark_runs as runs
from controller.store.schema import run_levels as levels
from loadcell.errors import LoadcellError
from loadcell.v1 import result_pb2, run_pb2, target_pb2

DELETING = "deleting"  # status of a run that is hidden and deleted step by step, see `deletion`
# All that is needed to go on with a run; results are large and secrets secret.
RUN_COLUMNS = [column for column in runs.c if column.name not in ("result", "request_id", "status", "secrets")]


def insert_run(
    connection: Connection,
    record: RunRecord,
    plans: Iterable[target_pb2.LevelPlan],
    request_id: str | None,
    secrets: bytes | None = None,
) -> RunRecord | None:
    """Store a new run with its levels and the sealed secrets of its target; the record's run_key is replaced.

    Returns:
        The stored run, or None when a run with this `request_id` exists already.
    """
    values: dict[str, Any] = {column.name: getattr(record, column.name) for column in RUN_COLUMNS}
    values |= {
        "run_key": next_key(connection, record.created_at),
        "context_key": intern_context(connection, context_of(record.config, record.model)),
        "config": record.config.SerializeToString(),
        "notes": json.dumps(record.notes),
        "status": STATUS_WORDS[record.state],
        "request_id": request_id,
        "secrets": secrets,
    }
    try:
        with connection.begin_nested():
            key = connection.execute(insert(runs).returning(runs.c.run_key), values).scalar_one()
    except IntegrityError:
        if request_id is None:
            raise
        return None
    connection.execute(
        insert(levels),
        [
            {
                "run_key": key,
                "level": plan.index,
                "plan": plan.SerializeToString(),
                "start_micros": 0,
                "finished": False,
            }
            for plan in plans
        ],
    )
    keep_text(connection, key)
    announce(connection, record.run_id)
    record_run_state(
        connection, run_id=record.run_id, state=record.state, config=record.config, model=record.model
    )
    return get_run(connection, record.run_id, Scope.everything())


def get_run(connection: Connection, run_id: str, scope: Scope) -> RunRecord | None:
    """Return a run, None when there is none in the scope or it is being deleted."""
    query = select(*RUN_COLUMNS).where(runs.c.run_id == run_id, runs.c.status != DELETING)
    return _in_scope(connection.execute(query).one_or_none(), scope)


def get_runs(connection: Connection, run_ids: Collection[str], scope: Scope) -> list[RunRecord]:
    """Return those of some runs that there are in the scope and that are not being deleted."""
    query = select(*RUN_COLUMNS).where(runs.c.run_id.in_(run_ids), runs.c.status != DELETING)
    found = (_in_scope(row, scope) for row in connection.execute(query))
    return [run for run in found if run is not None]


def find_by_request(connection: Connection, request_id: str, scope: Scope) -> RunRecord | None:
    """Return the run that was created with this idempotency key, None when there is none in the scope."""
    query = select(*RUN_COLUMNS).where(runs.c.request_id == request_id)
    return _in_scope(connection.execute(query).one_or_none(), scope)


def change_state(
    connection: Connection, run_key: int, new: run_pb2.RunState, values: Mapping[str, object] | None = None
) -> None:
    """Move a run to a new state and set further columns; the secrets of one that has ended are wiped.

    Raises:
        LoadcellError: ILLEGAL_TRANSITION, when the state in the database does not allow it; RUN_NOT_FOUND.
    """
    query = select(runs.c.state, runs.c.run_id, runs.c.config, runs.c.model).where(runs.c.run_key == run_key)
    current = connection.execute(query.with_for_update()).one_or_none()
    if current is None:
        raise LoadcellError("RUN_NOT_FOUND", "the run was deleted")
    check_run(current.state, new)
    changed = {"state": new, "status": STATUS_WORDS[new], **(values or {})}
    if run_ended(new):
        changed["secrets"] = None
    connection.execute(update(runs).where(runs.c.run_key == run_key).values(changed))
    announce(connection, current.run_id)
    error = changed.get("error")
    record_run_state(
        connection,
        run_id=current.run_id,
        state=new,
        config=result_pb2.RunConfig.FromString(current.config),
        model=current.model,
        error=str(error) if error else None,
    )


def set_probe(
    connection: Connection, run_key: int, *, model: str, pin_output: bool, words_per_token: float
) -> None:
    """Keep what the probe found."""
    packed = connection.execute(select(runs.c.config).where(runs.c.run_key == run_key)).scalar_one()
    context = context_of(result_pb2.RunConfig.FromString(packed), model)
    connection.execute(
        update(runs)
        .where(runs.c.run_key == run_key)
        .values(
            model=model,
            pin_output=pin_output,
            words_per_token=words_per_token,
            probed=True,
            context_key=intern_context(connection, context),
        )
    )
    keep_text(connection, run_key)


def set_notes(connection: Connection, run_key: int, notes: Iterable[str]) -> None:
    """Replace the notes of a run."""
    connection.execute(update(runs).where(runs.c.run_key == run_key).values(notes=json.dumps(list(notes))))


def set_result(connection: Connection, run_key: int, result: result_pb2.RunResult) -> None:
    """Store the result document."""
    connection.execute(update(runs).where(runs.c.run_key == run_key).values(result=result.SerializeToString()))


def get_result(connection: Connection, run: RunRecord) -> result_pb2.RunResult | None:
    """Return the stored result document, None when there is none."""
    found = connection.execute(select(runs.c.result).where(runs.c.run_key == run.run_key)).scalar_one_or_none()
    return None if found is None else result_pb2.RunResult.FromString(found)


def get_secrets(connection: Connection, run_key: int) -> bytes | None:
    """Return the sealed secrets of a run's target, None when none are stored."""
    return connection.execute(select(runs.c.secrets).where(runs.c.run_key == run_key)).scalar_one_or_none()


def list_levels(connection: Connection, run_key: int) -> list[LevelRecord]:
    """Return the levels of a run in their order."""
    query = (
        select(levels.c.plan, levels.c.start_micros, levels.c.finished)
        .where(levels.c.run_key == run_key)
        .order_by(levels.c.level)
    )
    return [
        LevelRecord(target_pb2.LevelPlan.FromString(plan), start, finished)
        for plan, start, finished in connection.execute(query)
    ]


def set_level(connection: Connection, run_key: int, level: int, **values: object) -> None:
    """Set columns of a level."""
    connection.execute(update(levels).where(levels.c.run_key == run_key, levels.c.level == level).values(**values))


def list_active(connection: Connection) -> list[RunRecord]:
    """Return the runs that have not ended, oldest first."""
    query = select(*RUN_COLUMNS).where(runs.c.state.in_(ACTIVE_STATES), runs.c.status.in_(("pending", "running")))
    return [run_record(row) for row in connection.execute(query.order_by(runs.c.created_at, runs.c.run_key))]


def _in_scope(row: Row[Any] | None, scope: Scope) -> RunRecord | None:
    run = None if row is None else run_record(row)
    return run if run is not None and scope.holds(run.project_id) else None


def run_record(row: Row[Any]) -> RunRecord:
    """Return the run of a row with RUN_COLUMNS."""
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    values["config"] = result_pb2.RunConfig.FromString(values["config"])
    values["notes"] = tuple(json.loads(values["notes"]))
    return RunRecord(**values)
