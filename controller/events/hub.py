"""The way of events from where something happens to whoever subscribed.

All go through the database, which numbers them: so they have one order, reach the subscribers of every controller,
and can be read again by who comes back. Nobody who tells of something waits for that, nor for a subscriber.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import structlog
from google.protobuf.message import Message

from controller.events.kinds import TRACE_CREATED, Event, make_event
from controller.events.sampling import TraceSampler
from controller.events.subscriber import Subscriber
from controller.events.wanted import Wanted
from controller.store.database import Database
from controller.store.events import forget_events, kept_numbers, read_events, record_events, trace_events
from controller.store.postgresql import EVENTS_CHANNEL
from controller.store.records import LeaseRecord
from controller.trace_ids import RequestKey
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.stats.columns import SampleArrays
from loadcell.v1 import event_pb2

log = structlog.get_logger()

MAX_WAITING = 10_000  # events that are not stored yet; a database that is away for long costs the oldest
MAX_SUBSCRIBERS = 500
PAGE_EVENTS = 500
GATHER_SECONDS = 0.02  # events of this time are stored together
LOOK_SECONDS = 0.2  # how often subscribers are looked after when nothing is announced
FORGET_SECONDS = 60.0
DISTURBED_SECONDS = 1.0  # until it is tried again
HEARTBEAT_SECONDS = 15.0


class Events:
    """What this controller tells, and its subscribers. `start` first, `stop` last."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sampler = TraceSampler()
        self._told: deque[Event] = deque()
        self._stored: deque[RequestKey] = deque()
        self._arrived = asyncio.Event()  # something is to be stored
        self._announced = asyncio.Event()  # something was stored, by whomever
        self._subscribers: set[Subscriber] = set()
        self._delivered = 0  # number of the last event that was handed to the subscribers
        self._tasks: list[asyncio.Task[None]] = []

    def publish(self, kind: str, project_id: str, data: Message) -> None:
        """Tell of something that has happened just now; returns at once, and never fails for want of a database.

        Whoever writes what happened into the database should rather call `record_events` in the same transaction:
        then it is told exactly if it is committed.

        Args:
            kind: One of controller.events.kinds.
            project_id: Project it happened in, "" for what concerns everybody.
            data: What the contract says that events of this kind carry. Project and time are filled in.
        """
        self._told.append(make_event(kind, project_id, data, wall_micros()))
        if len(self._told) > MAX_WAITING:
            self._told.popleft()
        self._arrived.set()

    def stored(self, lease: LeaseRecord, samples: SampleArrays) -> None:
        """Tell of some of the requests of a batch that is committed, as many as a second may have."""
        keys = self._sampler.choose(lease.run_key, lease.level, lease.lease_key, samples, time.monotonic())
        if keys:
            self._stored.extend(keys)
            self._arrived.set()

    def start(self) -> None:
        """Begin to store what is told and to hand out what is stored."""
        steps = [self._store_what_comes, self._deliver_what_comes, self._forget_what_is_old]
        self._tasks = [asyncio.create_task(self._always(step)) for step in steps]
        self._tasks.append(asyncio.create_task(self._listen()))

    async def stop(self) -> None:
        """Store what was told last, and end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._store()

    async def subscribe(self, wanted: Wanted, after: int | None) -> AsyncIterator[event_pb2.SubscribeResponse]:
        """Yield "subscribed", then every event that fits, until the reader goes away.

        Args:
            wanted: Which events.
            after: Number of the last event the reader has seen; None: it wants new ones only.

        Raises:
            LoadcellError: TOO_MANY_REQUESTS; INVALID_FIELD_VALUE for a number that no event has had yet.
        """
        if len(self._subscribers) >= MAX_SUBSCRIBERS:
            raise LoadcellError(
                "TOO_MANY_REQUESTS", f"{MAX_SUBSCRIBERS} streams of events are open; close one or try again later"
            )
        oldest, newest = await self._database.read(kept_numbers)
        if after is not None and not 0 <= after <= newest:
            raise LoadcellError(
                "INVALID_FIELD_VALUE",
                f"after_sequence must be from 0 to {newest}, the newest event, not {after}",
                field="after_sequence",
            )
        if not self._subscribers:
            self._delivered = max(self._delivered, newest)
        seen = newest if after is None else after
        # What was handed out before is read again, what comes after goes into the queue.
        subscriber, handed_out = Subscriber(wanted, seen), self._delivered
        self._subscribers.add(subscriber)
        try:
            yield _message("subscribed", newest, missed=max(0, oldest - 1 - seen))
            async for message in self._kept(subscriber, handed_out):
                yield message
            while True:
                try:
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        message = await subscriber.next()
                except TimeoutError:
                    message = _message("heartbeat", max(self._delivered, newest), missed=0)
                yield message
        finally:
            self._subscribers.discard(subscriber)

    async def _kept(self, subscriber: Subscriber, last: int) -> AsyncIterator[event_pb2.SubscribeResponse]:
        """Yield the events that were handed out before a subscriber came; the others are in its queue."""
        while subscriber.seen < last:
            page = await self._database.read(partial(read_events, after=subscriber.seen, limit=PAGE_EVENTS))
            for event in page:
                if event.number <= last and subscriber.wanted.fits(event):
                    yield event.message
            subscriber.seen = page[-1].number if page and page[-1].number < last else last

    async def _always(self, step: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await step()
            except Exception as error:
                # Nothing that happens to one event may end the way of all that follow.
                log.exception("events_disturbed", error=str(error.__cause__ or error))
                await asyncio.sleep(DISTURBED_SECONDS)

    async def _store_what_comes(self) -> None:
        await self._arrived.wait()
        await asyncio.sleep(GATHER_SECONDS)
        await self._store()

    async def _store(self) -> None:
        self._arrived.clear()
        told, keys = list(self._told), list(self._stored)
        self._told.clear()
        self._stored.clear()
        if not told and not keys:
            return
        try:
            created = await self._database.read(lambda c: trace_events(c, TRACE_CREATED, keys, wall_micros()))
            happened = [*told, *created]
            await self._database.write(partial(record_events, happened=happened))
        except LoadcellError as error:
            # Events are told at most once: whether these were stored may be unknown.
            log.warning("events_lost", count=len(told) + len(keys), error=str(error.__cause__ or error))
        self._announced.set()

    async def _listen(self) -> None:
        async for _ in self._database.changes(EVENTS_CHANNEL):
            self._announced.set()

    async def _deliver_what_comes(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await self._announced.wait()
        self._announced.clear()
        full = bool(self._subscribers)
        while full:
            page = await self._database.read(partial(read_events, after=self._delivered, limit=PAGE_EVENTS))
            # The first subscriber may have come in the meantime, and reads for itself what was before.
            for event in [event for event in page if event.number > self._delivered]:
                self._delivered = event.number
                for subscriber in self._subscribers:
                    subscriber.offer(event)
            full = len(page) == PAGE_EVENTS

    async def _forget_what_is_old(self) -> None:
        await asyncio.sleep(FORGET_SECONDS)
        while await self._database.write(partial(forget_events, now_micros=wall_micros())):
            pass


def _message(kind: str, number: int, *, missed: int) -> event_pb2.SubscribeResponse:
    message = event_pb2.SubscribeResponse(sequence=number, event_type=kind, missed_count=missed)
    message.timestamp.FromMicroseconds(wall_micros())
    return message
