"""The kinds of events, and what an event is on its way to the subscribers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from controller.scope import Scope
from loadcell.v1 import event_pb2

TRACE_CREATED = "trace_created"
TRACE_UPDATED = "trace_updated"
RUN_STATE = "run_state"
METRIC_THRESHOLD = "metric_threshold"
COST_THRESHOLD = "cost_threshold"
EXPORT_JOB_STATUS = "export_job_status"
SYSTEM_ALERT = "system_alert"

# Kind -> field of SubscribeResponse that carries its data.
_CARRIED_IN = {
    TRACE_CREATED: "trace",
    TRACE_UPDATED: "trace",
    RUN_STATE: "run_state",
    METRIC_THRESHOLD: "metric_threshold",
    COST_THRESHOLD: "cost_threshold",
    EXPORT_JOB_STATUS: "export_job",
    SYSTEM_ALERT: "system_alert",
}
KINDS = tuple(_CARRIED_IN)
# What a subscriber needs for each, beside the permission to subscribe; none for alerts.
PERMISSIONS = {
    TRACE_CREATED: "traces:read",
    TRACE_UPDATED: "traces:read",
    RUN_STATE: "runs:read",
    METRIC_THRESHOLD: "metrics:read",
    COST_THRESHOLD: "costs:read",
    EXPORT_JOB_STATUS: "exports:read",
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a project; "" concerns everybody. Of an export it is its scope, as it is written.

    `message` is what a subscriber gets, but for its `sequence`, which is `number` once the event is stored.
    `created_at` is in microseconds since 1970 UTC.
    """

    kind: str
    project_id: str
    message: event_pb2.SubscribeResponse
    created_at: int
    number: int = 0


def make_event(kind: str, project_id: str, data: Message, at_micros: int) -> Event:
    """Return an event that happened at a time, in microseconds since 1970 UTC.

    Project and time are filled into `data` where it has the fields and does not set them.

    Raises:
        KeyError: There is no such kind.
        TypeError: `data` is not what events of this kind carry.
    """
    message = event_pb2.SubscribeResponse(event_type=kind)
    message.timestamp.FromMicroseconds(at_micros)
    carried: Any = getattr(message, _CARRIED_IN[kind])
    carried.CopyFrom(data)
    known = carried.DESCRIPTOR.fields_by_name
    for name in ("project_id", "org_id"):
        if name in known and not getattr(carried, name):
            setattr(carried, name, Scope.read(project_id).only)
    if not carried.HasField("timestamp"):
        carried.timestamp.CopyFrom(message.timestamp)
    return Event(kind, project_id, message, at_micros)
