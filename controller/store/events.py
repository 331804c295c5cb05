"""Events: stored in the order in which they become visible, kept for a while, numbered for ever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from controller.events.kinds import RUN_STATE, SYSTEM_ALERT, Event, make_event
from controller.lifecycle import STATUS_WORDS
from controller.store.among import with_keys
from controller.store.contexts import context_of
from controller.store.postgresql import Lock, announce_events, take
from controller.store.schema import benchmark_runs, traces
from controller.store.schema_queries import contexts, events
from controller.trace_ids import RequestKey, trace_id
from loadcell.clock import wall_micros
from loadcell.stats.columns import ERROR, OK
from loadcell.v1 import event_pb2, result_pb2, run_pb2

KEPT_EVENTS = 100_000
KEPT_MICROS = 86_400 * 1_000_000
_FORGET_AT_ONCE = 1_000  # rows looked at in one transaction
_STATUS = {OK: "OK", ERROR: "ERROR"}
_NANO = 1e9


def record_events(connection: Connection, happened: Sequence[Event]) -> None:
    """Store events; subscribers get them once the transaction is committed."""
    if not happened:
        return
    # Held until the commit, so that nobody sees a number before those below it: a reader would miss these.
    take(connection, Lock.EVENTS)
    connection.execute(
        insert(events),
        [
            {
                "event_type": event.kind,
                "project_id": event.project_id,
                "payload": event.message.SerializeToString(),
                "created_at": event.created_at,
            }
            for event in happened
        ],
    )
    announce_events(connection)


def record_run_state(
    connection: Connection,
    *,
    run_id: str,
    state: run_pb2.RunState,
    config: result_pb2.RunConfig,
    model: str,
    error: str | None = None,
) -> None:
    """Store that a run is in a state now, and an alert for one that has failed."""
    context, now = context_of(config, model), wall_micros()
    data = event_pb2.RunStateEvent(
        run_id=run_id,
        status=STATUS_WORDS[state],
        state=state,
        provider=context.provider,
        model=model,
        environment=context.environment,
        user_id=context.user_id,
        error=error,
    )
    happened = [make_event(RUN_STATE, context.project_id, data, now)]
    if state == run_pb2.RUN_STATE_FAILED:
        alert = event_pb2.SystemAlertEvent(
            alert_type="run_failed", severity="critical", message=error or "the run failed", run_id=run_id
        )
        happened.append(make_event(SYSTEM_ALERT, context.project_id, alert, now))
    record_events(connection, happened)


def read_events(connection: Connection, *, after: int, limit: int) -> list[Event]:
    """Return the first events with numbers above `after`, in the order of their numbers."""
    query = select(events).where(events.c.event_number > after).order_by(events.c.event_number).limit(limit)
    return [_event(row) for row in connection.execute(query)]


def kept_numbers(connection: Connection) -> tuple[int, int]:
    """Return the number of the oldest event that is kept, and of the newest there ever was; (1, 0) without any."""
    number = events.c.event_number
    # Each on its own is one look into the index; SQLite reads the whole table for both at once.
    oldest = connection.execute(select(func.min(number))).scalar_one()
    newest = connection.execute(select(func.max(number))).scalar_one()
    return (1, 0) if newest is None else (oldest, newest)


def forget_events(connection: Connection, now_micros: int) -> bool:
    """Delete events that are too old or too many, some at a time; return whether there may be more of them.

    The newest is always kept: it is what the next number is counted from.
    """
    _, newest = kept_numbers(connection)
    query = select(events.c.event_number, events.c.created_at).where(events.c.event_number < newest)
    oldest = connection.execute(query.order_by(events.c.event_number).limit(_FORGET_AT_ONCE)).all()
    last = max(
        (
            number
            for number, created_at in oldest
            if number <= newest - KEPT_EVENTS or created_at < now_micros - KEPT_MICROS
        ),
        default=None,
    )
    if last is None:
        return False
    connection.execute(delete(events).where(events.c.event_number <= last))
    return bool(last == oldest[-1].event_number)


def trace_events(connection: Connection, kind: str, keys: Sequence[RequestKey], now_micros: int) -> list[Event]:
    """Return events of a kind, TRACE_CREATED or TRACE_UPDATED, about the requests with these keys."""
    if not keys:
        return []
    key = [traces.c[name] for name in RequestKey._fields]
    query = (
        select(
            *key,
            traces.c.ts,
            traces.c.status,
            traces.c.e2e_micros,
            traces.c.prompt_cost,
            traces.c.completion_cost,
            contexts.c.project_id,
            contexts.c.provider,
            contexts.c.model,
            contexts.c.environment,
            contexts.c.user_id,
            benchmark_runs.c.run_id,
        )
        .join(contexts, contexts.c.context_key == traces.c.context_key)
        .join(benchmark_runs, benchmark_runs.c.run_key == traces.c.run_key)
        .where(with_keys(connection, key, keys))
    )
    return [make_event(kind, row.project_id, _trace(row), now_micros) for row in connection.execute(query)]


def _trace(row: Any) -> event_pb2.TraceEvent:
    known = [cost for cost in (row.prompt_cost, row.completion_cost) if cost >= 0]
    message = event_pb2.TraceEvent(
        trace_id=trace_id(RequestKey(row.run_key, row.level, row.warmup, row.ordinal, row.lease_key)),
        provider=row.provider,
        model=row.model,
        environment=row.environment,
        user_id=row.user_id,
        cost_usd=sum(known) / _NANO if known else None,
        duration_ms=row.e2e_micros / 1e3 if row.e2e_micros >= 0 else None,
        status_code=_STATUS.get(row.status, "UNSET"),
        run_id=row.run_id,
    )
    message.timestamp.FromMicroseconds(row.ts)
    return message


def _event(row: Any) -> Event:
    message = event_pb2.SubscribeResponse.FromString(row.payload)
    message.sequence = row.event_number
    return Event(row.event_type, row.project_id, message, row.created_at, row.event_number)
