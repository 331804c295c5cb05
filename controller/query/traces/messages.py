"""Traces of the store as messages of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf import struct_pb2

from controller.messages import timestamp
from controller.query.traces.record import Event, Judgement, Record
from controller.trace_ids import trace_id
from loadcell.v1 import trace_pb2

_MAX_INT32 = 2**31 - 1
_TIMES = ("ts", "scheduled_time")
_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")
_OBJECTS = ("attributes", "model_parameters")


def trace_message(record: Record) -> trace_pb2.Trace:
    """Return the message of a trace."""
    return trace_pb2.Trace(**_fields(record.values))


def add_traces(data: Any, records: Sequence[Record]) -> None:
    """Add traces to a field of a response: made where they stay, and what they share is made once."""
    packed: dict[int, bytes] = {}
    for record in records:
        shared = packed.get(id(record.shared))
        if shared is None:
            shared = trace_pb2.Trace(**_fields(record.shared)).SerializeToString()
            packed[id(record.shared)] = shared
        data.add(**_fields(record.own)).MergeFromString(shared)


def feedback_message(judgement: Judgement) -> trace_pb2.Feedback:
    """Return the message of a judgement."""
    return trace_pb2.Feedback(
        feedback_id=judgement.feedback_id,
        trace_id=trace_id(judgement.key),
        score=judgement.score,
        label=judgement.label,
        comment=judgement.comment,
        user_id=judgement.user_id,
        created_at=timestamp(judgement.created_at),
    )


def _fields(of_record: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields of a record as those of its message."""
    values = dict(of_record)
    for name in _TIMES:
        if name in values:
            values[name] = _instant(values[name])
    for name in _COUNTS:
        if name in values:
            values[name] = min(values[name], _MAX_INT32)
    for name in _OBJECTS:
        if name in values:
            values[name] = _struct(values[name])
    if "children" in values:
        values["children"] = struct_pb2.ListValue()
    if "evaluations" in values:
        values["evaluations"] = [trace_pb2.Evaluation(**one._asdict()) for one in values["evaluations"]]
    if "feedback" in values:
        values["feedback"] = [feedback_message(one) for one in values["feedback"]]
    if "timeline" in values:
        values["timeline"] = [_event(one) for one in values["timeline"]]
    return values


def _instant(micros: int) -> dict[str, int]:
    """Return a time as the fields of its message, which is made where it stays."""
    return {"seconds": micros // 1_000_000, "nanos": micros % 1_000_000 * 1_000}


def _event(event: Event) -> trace_pb2.TimelineEvent:
    return trace_pb2.TimelineEvent(
        offset_ms=event.offset_micros / 1_000, token_count=min(event.tokens, _MAX_INT32)
    )


def _struct(value: Mapping[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(value)
    return struct
