"""EventService."""

# Names and signatures are those of the generated classes.
# ruff: noqa: N802

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from controller.access.principal import current_principal
from controller.events.hub import Events
from controller.events.kinds import PERMISSIONS
from controller.events.wanted import read_wanted
from controller.services.caller import scope_of
from loadcell.v1 import event_pb2, event_pb2_grpc


class EventServicer(event_pb2_grpc.EventServiceServicer):
    """Tells what happens while it happens."""

    def __init__(self, events: Events) -> None:
        self._events = events

    async def Subscribe(
        self, request: event_pb2.SubscribeRequest, context: Any
    ) -> AsyncIterator[event_pb2.SubscribeResponse]:
        """Stream events until the caller ends it."""
        wanted = read_wanted(request, scope_of(context))
        for kind in sorted(wanted.kinds & PERMISSIONS.keys()):
            current_principal().require(PERMISSIONS[kind])
        after = request.after_sequence if request.HasField("after_sequence") else None
        async for message in self._events.subscribe(wanted, after):
            yield message
