"""What people think of single requests."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, exists, func, select, true
from sqlalchemy.dialects import postgresql, sqlite

from controller.events.kinds import TRACE_UPDATED
from controller.query.traces.judging import NewJudgement
from controller.query.traces.record import Judgement
from controller.scope import Scope
from controller.store.among import with_keys
from controller.store.events import record_events, trace_events
from controller.store.postgresql import announce
from controller.store.runs import DELETING
from controller.store.schema import benchmark_runs
from controller.store.schema_queries import feedback
from controller.store.traces.keys import KEY
from controller.store.traces.scoped import given_scope, in_scope
from controller.trace_ids import RequestKey
from loadcell.errors import LoadcellError

MOST = 100  # judgements that go with a trace

_KEY = [feedback.c[column.name] for column in KEY]
_SAID = (feedback.c.score, feedback.c.label, feedback.c.comment, feedback.c.user_id)
_COLUMNS = (feedback.c.request_id, *_KEY, *_SAID, feedback.c.created_at)


def write_feedback(connection: Connection, new: NewJudgement, scope: Scope, now: int) -> Judgement | None:
    """Store a judgement of `now` (microseconds since 1970), unless it is stored already, and return it.

    None: there is no such trace within the scope, or its run is being deleted.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE, the identifier is that of something else.
    """
    mine = in_scope(connection.dialect.name, everything=scope.projects is None)
    found = select(true()).where(exists().where(with_keys(connection, KEY, [new.key]), *mine))
    if connection.execute(found, given_scope(connection.dialect.name, scope)).first() is None:
        return None
    # A lock, so that it is not deleted before the judgement is there to be deleted as well.
    run = select(benchmark_runs.c.run_id).where(
        benchmark_runs.c.run_key == new.key.run_key, benchmark_runs.c.status != DELETING
    )
    run_id = connection.execute(run.with_for_update(read=True)).scalar_one_or_none()
    if run_id is None:
        return None
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    values = {
        **new.key._asdict(),
        "score": new.score,
        "resolved": new.resolved,
        "label": new.label,
        "comment": new.comment or "",
        "user_id": new.user_id,
        "created_at": now,
        "request_id": new.feedback_id,
    }
    written = dialect.insert(feedback).values(values).on_conflict_do_nothing().returning(feedback.c.feedback_id)
    if connection.execute(written).first() is not None:
        record_events(connection, trace_events(connection, TRACE_UPDATED, [new.key], now))
    row = connection.execute(select(*_COLUMNS).where(feedback.c.request_id == new.feedback_id)).one()
    stored = _judgement(*row)
    if stored != Judgement(*new, created_at=stored.created_at):
        raise LoadcellError(
            "INVALID_FIELD_VALUE", "another judgement was written with this request_id", field="request_id"
        )
    announce(connection, run_id)
    return stored


def list_feedback(connection: Connection, keys: Collection[RequestKey]) -> dict[RequestKey, list[Judgement]]:
    """Return the newest judgements about each of some requests, newest first; at least one."""
    newest = func.row_number().over(
        partition_by=_KEY, order_by=(feedback.c.created_at.desc(), feedback.c.feedback_id.desc())
    )
    numbered = select(*_COLUMNS, newest.label("place")).where(with_keys(connection, _KEY, list(keys))).subquery()
    query = select(*(numbered.c[column.name] for column in _COLUMNS)).where(numbered.c.place <= MOST)
    found: dict[RequestKey, list[Judgement]] = {key: [] for key in keys}
    for row in connection.execute(query.order_by(numbered.c.place)):
        judgement = _judgement(*row)
        found[judgement.key].append(judgement)
    return found


def _judgement(feedback_id: str, *rest: Any) -> Judgement:
    key, (score, label, comment, user_id, created_at) = rest[: len(_KEY)], rest[len(_KEY) :]
    return Judgement(feedback_id, RequestKey(*key), score, label, comment or None, user_id, created_at)
