"""Who is told of which events."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Protocol, cast

from google.protobuf.message import Message

from gateway.live.callers import Caller
from gateway.live.feed import Feed, Watching
from gateway.live.lines import Lines
from gateway.live.outbox import Told
from gateway.live.words import text_of
from loadcell.documents import render
from loadcell.v1 import event_pb2

_SUBSCRIBE = event_pb2.DESCRIPTOR.services_by_name["EventService"].methods_by_name["Subscribe"]
_SUBSCRIBED, _HEARTBEAT = "subscribed", "heartbeat"


class Listening(Watching, Protocol):
    """Somebody who hears of events."""

    def begin(self, sequence: int) -> None:
        """Hear that it has begun, after the event with this number."""

    def miss(self, count: int) -> None:
        """Hear that so many events were missed."""

    def event(self, sequence: int, told: Told) -> None:
        """Hear of an event."""


class EventFeeds:
    """The streams of events through this gateway: those with the same rights and wishes share one."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._feeds: dict[Hashable, EventFeed] = {}

    def listen(self, request: event_pb2.SubscribeRequest, caller: Caller, listening: Listening) -> None:
        """Let somebody hear of events until `leave`."""
        # Who comes back to somewhere has a stream of their own.
        own = listening if request.HasField("after_sequence") else None
        key = (caller.group, request.SerializeToString(deterministic=True), own)
        feed = self._feeds.get(key)
        if feed is None:
            feed = self._feeds[key] = EventFeed(self._lines, request, lambda: self._forget(key))
        feed.join(listening, caller)

    def leave(self, listening: Listening) -> None:
        """Let somebody hear no more."""
        for feed in list(self._feeds.values()):
            if listening in feed.watching:
                feed.leave(listening)

    def _forget(self, key: Hashable) -> None:
        self._feeds.pop(key, None)


class EventFeed(Feed[Listening]):
    """All who hear of the same events."""

    def __init__(self, lines: Lines, request: event_pb2.SubscribeRequest, gone: Any) -> None:
        super().__init__(lines, _SUBSCRIBE, gone)
        self._request = request
        self._seen: int | None = None  # number of the last event

    def request(self) -> Message:
        """Return what to ask for: after an interruption, to go on where it was."""
        asked = event_pb2.SubscribeRequest()
        asked.CopyFrom(self._request)
        if self._seen is not None:
            asked.after_sequence = self._seen
        return asked

    def welcome(self, watching: Listening) -> None:
        """Tell somebody new from where on they hear."""
        watching.begin(self._seen or 0)

    def tell(self, message: Message) -> bool:
        """Tell of an event; there is always another."""
        event = cast("event_pb2.SubscribeResponse", message)
        if event.event_type == _SUBSCRIBED and self._seen is None:
            resumes = self._request.HasField("after_sequence")
            self._seen = self._request.after_sequence if resumes else event.sequence
            for watching in self.watching:
                watching.begin(self._seen)
        if event.missed_count:
            for watching in self.watching:
                watching.miss(event.missed_count)
        if event.event_type not in (_SUBSCRIBED, _HEARTBEAT):
            told = event_told(event)
            for watching in self.watching:
                watching.event(event.sequence, told)
        if event.event_type != _SUBSCRIBED:
            self._seen = event.sequence
        return False


def event_told(event: event_pb2.SubscribeResponse) -> Told:
    """Return an event as it is sent."""
    document = render(event)
    message = {
        "type": "event",
        "event_type": event.event_type,
        "sequence": event.sequence,
        "data": document[event.WhichOneof("data")],
        "timestamp": document["timestamp"],
    }
    return Told(text_of(message), event.event_type, str(event.sequence))
