"""The protocol of events: what one client has subscribed to, and what it says and hears."""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from typing import Any, Final

from gateway.live.callers import Caller
from gateway.live.closing import End
from gateway.live.events import EventFeeds
from gateway.live.feed import OF_CREDENTIALS
from gateway.live.outbox import Outbox, Told
from gateway.live.words import PONG, failure, text_of
from loadcell.documents import load, parse
from loadcell.errors import LoadcellError
from loadcell.v1 import event_pb2

MOST: Final = 16  # subscriptions of one connection
MOST_EVENTS: Final = 32  # words in a list
_REMEMBERED: Final = 1_024  # events, so that two subscriptions tell of one only once


class Subscription:
    """Some kinds of events under one filter."""

    def __init__(self, session: Session, events: list[str]) -> None:
        self.subscription_id = str(uuid.uuid4())
        self.events = list(dict.fromkeys(events))
        self.begun: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._session = session

    def begin(self, sequence: int) -> None:
        """Tell the client that it has begun."""
        if not self.begun.done():
            self.begun.set_result(sequence)
            self._session.begun(self, sequence)

    def miss(self, count: int) -> None:
        """Tell the client that it has missed some."""
        self._session.outbox.miss(count)

    def event(self, sequence: int, told: Told) -> None:
        """Tell the client of an event, unless it has unsubscribed meanwhile."""
        if told.name in self.events:
            self._session.offer(sequence, told)

    def end(self, end: End) -> None:
        """Hear that it was refused, or goes on no more."""
        error = end.error or LoadcellError("SERVICE_UNAVAILABLE", "the controller has ended the events")
        if not self.begun.done():
            self.begun.set_exception(error)
        else:
            self._session.ended(self, error)


class Session:
    """One client."""

    def __init__(self, feeds: EventFeeds, caller: Caller, outbox: Outbox) -> None:
        self._feeds, self._caller, self.outbox = feeds, caller, outbox
        self._subscriptions: dict[str, Subscription] = {}
        self._told: deque[int] = deque(maxlen=_REMEMBERED)
        self.announces = True  # what has begun; else the client asked for one thing when it came

    async def hear(self, text: str) -> None:
        """Do what a client says; what is wrong with it is told, and the connection goes on.

        Raises:
            LoadcellError: The client's credential has ended.
        """
        try:
            await self._hear(_read(text))
        except LoadcellError as error:
            if error.category == "AUTHENTICATION":
                raise
            self.outbox.put(failure(error))

    async def subscribe(self, request: event_pb2.SubscribeRequest) -> None:
        """Let events come.

        Raises:
            LoadcellError: as EventService.Subscribe; LIMIT_EXCEEDED.
        """
        if len(self._subscriptions) >= MOST:
            raise LoadcellError("LIMIT_EXCEEDED", f"a connection has at most {MOST} subscriptions; end one")
        if len(request.events) > MOST_EVENTS:
            raise LoadcellError("LIMIT_EXCEEDED", f"events has at most {MOST_EVENTS} words", field="events")
        subscription = Subscription(self, list(request.events))
        self._subscriptions[subscription.subscription_id] = subscription
        self._feeds.listen(request, self._caller, subscription)
        try:
            await subscription.begun
        except BaseException:
            self._forget(subscription)
            raise

    def close(self) -> None:
        """Subscribe to nothing any more."""
        for subscription in list(self._subscriptions.values()):
            self._forget(subscription)

    def begun(self, subscription: Subscription, sequence: int) -> None:
        """Tell what the client has subscribed to."""
        if self.announces:
            self._reply(
                "subscribed",
                events=subscription.events,
                subscription_id=subscription.subscription_id,
                sequence=sequence,
            )

    def offer(self, sequence: int, told: Told) -> None:
        """Tell of an event, once however many subscriptions it fits."""
        if len(self._subscriptions) > 1 and sequence in self._told:
            return
        self._told.append(sequence)
        self.outbox.put(told)

    def ended(self, subscription: Subscription, error: LoadcellError) -> None:
        """End the connection with the rights of its client, else only what has ended."""
        if error.category in OF_CREDENTIALS or not self.announces:
            self.outbox.cut(End.of(error))
        else:
            self._forget(subscription)
            self.outbox.put(failure(error))

    async def _hear(self, said: dict[str, Any]) -> None:
        kind = said.pop("type", None)
        if kind == "subscribe":
            await self.subscribe(parse(event_pb2.SubscribeRequest, said))
        elif kind == "unsubscribe":
            self._unsubscribe(**_unsubscribed(said))
        elif kind == "ping":
            self.outbox.put(Told(PONG, "pong"))
        else:
            raise LoadcellError(
                "INVALID_FIELD_VALUE", "type must be one of subscribe, unsubscribe, ping", field="type"
            )

    def _unsubscribe(self, events: list[str], subscription_id: str) -> None:
        """Take kinds of events away, of one subscription or of all; the others stay."""
        if subscription_id and subscription_id not in self._subscriptions:
            raise LoadcellError(
                "INVALID_FIELD_VALUE", "there is no such subscription here", field="subscription_id"
            )
        gone: dict[str, None] = {}
        for subscription in list(self._subscriptions.values()):
            if subscription_id in ("", subscription.subscription_id):
                of_it = [one for one in subscription.events if one in events or not events]
                subscription.events = [one for one in subscription.events if one not in of_it]
                gone |= dict.fromkeys(of_it)
                if not subscription.events:
                    self._forget(subscription)
        self._reply("unsubscribed", events=list(gone))

    def _forget(self, subscription: Subscription) -> None:
        self._subscriptions.pop(subscription.subscription_id, None)
        self._feeds.leave(subscription)

    def _reply(self, kind: str, **fields: object) -> None:
        self.outbox.put(Told(text_of({"type": kind, **fields}), kind))


def _read(text: str) -> dict[str, Any]:
    if text == "ping":
        return {"type": "ping"}
    said = load(text.encode(), "the message")
    if not isinstance(said, dict):
        raise LoadcellError("INVALID_REQUEST", "the message must be a JSON object")
    return said


def _unsubscribed(said: dict[str, Any]) -> dict[str, Any]:
    events, subscription_id = said.pop("events", []), said.pop("subscription_id", "")
    if said:
        name = next(iter(said))
        raise LoadcellError("UNKNOWN_FIELD", f"there is no field {name[:64]}", field=name[:64])
    if not isinstance(subscription_id, str):
        raise LoadcellError("INVALID_FIELD_FORMAT", "subscription_id must be a text", field="subscription_id")
    if not isinstance(events, list) or not all(isinstance(one, str) for one in events):
        raise LoadcellError("INVALID_FIELD_FORMAT", "events must be a list of texts", field="events")
    if not events and not subscription_id:
        raise LoadcellError("MISSING_REQUIRED_FIELD", "events or subscription_id is required", field="events")
    return {"events": events, "subscription_id": subscription_id}
