"""What goes with traces when it is asked for, read for all of them at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, select

from controller.query.traces.record import Event, Record
from controller.store.among import with_keys
from controller.store.schema import trace_timelines
from controller.store.traces.feedback import list_feedback
from controller.store.traces.keys import KEY
from controller.trace_ids import RequestKey
from loadcell.stats.timeline import decode

MAX_EVENTS = 500_000  # of the timelines of several traces, which all are in memory at once


def add_included(connection: Connection, records: Sequence[Record], include: Collection[str]) -> int:
    """Add what is included to traces; return how many of them, from the first on, are whole.

    That is one at least, and all but where their timelines have too many events together.
    """
    by_key = {record.key: record for record in records}
    if not by_key:
        return 0
    if "children" in include:
        for record in records:
            record.own["children"] = []
    if "feedback" in include:
        for key, judgements in list_feedback(connection, list(by_key)).items():
            by_key[key].own["feedback"] = judgements
    return _add_timelines(connection, by_key) if "timeline" in include else len(records)


def _add_timelines(connection: Connection, by_key: dict[RequestKey, Record]) -> int:
    columns = [trace_timelines.c[column.name] for column in KEY]
    query = select(*columns, trace_timelines.c.timeline).where(with_keys(connection, columns, list(by_key)))
    packed = {RequestKey(*key): timeline for *key, timeline in connection.execute(query)}
    events = 0
    for place, (key, record) in enumerate(by_key.items()):
        if key not in packed:
            continue
        offsets, tokens = decode(packed[key])
        events += len(offsets)
        if place and events > MAX_EVENTS:
            return place
        record.own["timeline"] = [
            Event(offset, count) for offset, count in zip(offsets.tolist(), tokens.tolist(), strict=True)
        ]
    return len(by_key)
