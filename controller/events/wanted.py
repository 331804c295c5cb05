"""Which events a subscriber wants and may see."""

from __future__ import annotations

import math
from dataclasses import dataclass

from controller.events.kinds import EXPORT_JOB_STATUS, KINDS, Event
from controller.query.traces.values import read_text
from controller.scope import Scope
from loadcell.errors import LoadcellError
from loadcell.v1 import event_pb2

_EXACT = ("provider", "model", "environment", "user_id", "project_id")
_LEAST = {"min_cost": "cost_usd", "min_duration_ms": "duration_ms"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Kinds of events, conditions on what they carry, and whose events may be seen."""

    kinds: frozenset[str]
    filters: event_pb2.EventFilter
    scope: Scope

    def fits(self, event: Event) -> bool:
        """Whether an event is wanted; a condition fails for an event without the value it is on."""
        if event.kind not in self.kinds or not self._may_see(event):
            return False
        data = getattr(event.message, event.message.WhichOneof("data"))
        exact = all(
            getattr(data, name, "") == wanted for name in _EXACT if (wanted := getattr(self.filters, name))
        )
        return exact and all(
            _number(data, of) >= getattr(self.filters, name)
            for name, of in _LEAST.items()
            if self.filters.HasField(name)
        )

    def _may_see(self, event: Event) -> bool:
        # What concerns everybody belongs to no project; an export without one is that of every project.
        concerns_everybody = event.project_id == "" and event.kind != EXPORT_JOB_STATUS
        return concerns_everybody or self.scope.covers(Scope.read(event.project_id))


def read_wanted(request: event_pb2.SubscribeRequest, scope: Scope) -> Wanted:
    """Return what a request asks for.

    Raises:
        LoadcellError: MISSING_REQUIRED_FIELD, INVALID_FIELD_VALUE or PROJECT_ACCESS_DENIED, naming the field.
    """
    if not request.events:
        raise LoadcellError(
            "MISSING_REQUIRED_FIELD", f"events is required: at least one of {', '.join(KINDS)}", field="events"
        )
    for kind in request.events:
        if kind not in KINDS:
            raise LoadcellError(
                "INVALID_FIELD_VALUE",
                f"there are no events {kind[:64]!r}, but {', '.join(KINDS)}",
                field="events",
            )
    for name in _LEAST:
        least = getattr(request.filters, name)
        if not (math.isfinite(least) and least >= 0):
            raise LoadcellError(
                "INVALID_FIELD_VALUE", f"{name} must be at least 0, not {least:g}", field=f"filters.{name}"
            )
    for name in _EXACT:
        if text := getattr(request.filters, name):
            read_text(text, f"filters.{name}")
    project = request.filters.project_id
    if project and not scope.holds(project):
        raise LoadcellError(
            "PROJECT_ACCESS_DENIED", f"project {project[:64]!r} is not yours to see", field="filters.project_id"
        )
    return Wanted(frozenset(request.events), request.filters, scope)


def _number(data: object, name: str) -> float:
    """Return a number an event carries, not a number when it has none: that is at least nothing."""
    has = name in data.DESCRIPTOR.fields_by_name and data.HasField(name)  # type: ignore[attr-defined]
    return float(getattr(data, name)) if has else math.nan
