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


def add_included(connection: Connection, records: Sequence[Record], include: Collection[str]) -> None:
    """Add what is included to the values of traces."""
    by_key = {record.key: record for record in records}
    if not by_key:
        return
    if "children" in include:
        for record in records:
            record.values["children"] = []
    if "feedback" in include:
        for key, judgements in list_feedback(connection, list(by_key)).items():
            by_key[key].values["feedback"] = judgements
    if "timeline" in include:
        _add_timelines(connection, by_key)


def _add_timelines(connection: Connection, by_key: dict[RequestKey, Record]) -> None:
    columns = [trace_timelines.c[column.name] for column in KEY]
    query = select(*columns, trace_timelines.c.timeline).where(with_keys(connection, columns, list(by_key)))
    for *key, packed in connection.execute(query):
        offsets, tokens = decode(packed)
        by_key[RequestKey(*key)].values["timeline"] = [
            Event(offset, count) for offset, count in zip(offsets.tolist(), tokens.tolist(), strict=True)
        ]
