"""Events: stored in one order, read again by who comes back, handed to the subscribers of every controller."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

import pytest

from controller.events import hub as hub_module
from controller.events.hub import Events
from controller.events.kinds import make_event
from controller.events.wanted import read_wanted
from controller.scope import Scope
from controller.store import events as store
from controller.store.database import Database
from loadcell.errors import LoadcellError
from loadcell.v1 import event_pb2

NOW = 1_700_000_000_000_000


def alert(text: str, project: str = "p", at: int = NOW):
    return make_event("system_alert", project, event_pb2.SystemAlertEvent(message=text), at)


def wanted(**filters):
    request = event_pb2.SubscribeRequest(
        events=["system_alert"], filters=event_pb2.EventFilter(**filters) if filters else None
    )
    return read_wanted(request, Scope.everything())


async def record(database: Database, *texts: str, project: str = "p", at: int = NOW) -> None:
    await database.write(lambda c: store.record_events(c, [alert(text, project, at) for text in texts]))


class Reader:
    """Reads a subscription in the background."""

    def __init__(self, events: Events, after: int | None, filters: dict[str, str]) -> None:
        self.messages: list[event_pb2.SubscribeResponse] = []
        self.error: LoadcellError | None = None
        self._stream = events.subscribe(wanted(**filters), after)
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async with aclosing(self._stream) as messages:
                async for message in messages:
                    self.messages.append(message)
        except LoadcellError as error:
            self.error = error

    @property
    def texts(self) -> list[str]:
        return [message.system_alert.message for message in self.messages if message.event_type == "system_alert"]

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not reached():
                await asyncio.sleep(0.01)

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


@asynccontextmanager
async def reading(events: Events, after: int | None = None, **filters: str) -> AsyncIterator[Reader]:
    reader = Reader(events, after, filters)
    try:
        await reader.until(lambda: bool(reader.messages or reader.error))
        yield reader
    finally:
        await reader.close()


@pytest.fixture
async def open_hub(open_one) -> AsyncIterator[Callable]:
    async with AsyncExitStack() as stack:

        async def one() -> Events:
            hub = Events(await open_one())
            hub.start()
            stack.push_async_callback(hub.stop)
            return hub

        yield one


async def test_published_events_reach_every_subscriber_in_one_order(open_hub):
    hub = await open_hub()
    async with reading(hub) as one, reading(hub) as other:
        for number in range(50):
            hub.publish("system_alert", "p", event_pb2.SystemAlertEvent(message=str(number)))
        await one.until(lambda: len(one.texts) == len(other.texts) == 50)
    assert one.texts == other.texts == [str(number) for number in range(50)]
    numbers = [message.sequence for message in one.messages]
    assert one.messages[0].event_type == "subscribed"
    assert numbers == sorted(set(numbers))
    assert sum(message.missed_count for message in one.messages) == 0


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)  # one file has one controller
async def test_events_reach_subscribers_of_other_controllers(open_hub):
    one, other = await open_hub(), await open_hub()
    async with reading(one) as here, reading(other) as there:
        for number in range(30):
            hub = (one, other)[number % 2]
            hub.publish("system_alert", "p", event_pb2.SystemAlertEvent(message=str(number)))
        await here.until(lambda: len(here.texts) == len(there.texts) == 30)
    assert here.texts == there.texts
    assert [m.sequence for m in here.messages[1:]] == [m.sequence for m in there.messages[1:]]


async def test_writers_at_once_hide_no_event_from_a_reader(open_hub, open_one):
    writers, hub = [await open_one() for _ in range(3)], await open_hub()
    async with reading(hub) as reader:

        async def write(name: int) -> None:
            for number in range(40):
                await record(writers[name], f"{name}.{number}")

        await asyncio.gather(*(write(name) for name in range(3)))
        await reader.until(lambda: len(reader.texts) == 120)
    assert set(reader.texts) == {f"{name}.{number}" for name in range(3) for number in range(40)}
    numbers = [message.sequence for message in reader.messages]
    assert numbers == sorted(numbers)


async def test_a_reader_that_comes_back_goes_on_where_it_was_also_after_a_restart(open_hub, open_one, monkeypatch):
    monkeypatch.setattr(hub_module, "PAGE_EVENTS", 7)
    first = await open_hub()
    async with reading(first) as reader:
        await record(await open_one(), *(str(number) for number in range(20)))
        await reader.until(lambda: len(reader.texts) == 20)
        seen = reader.messages[5].sequence
    await first.stop()
    again = await open_hub()
    async with reading(again, after=seen) as reader:
        await record(await open_one(), "later")
        await reader.until(lambda: "later" in reader.texts)
    assert reader.texts == [*(str(number) for number in range(5, 20)), "later"]
    assert [m.missed_count for m in reader.messages] == [0] * len(reader.messages)


async def test_filters_hold_for_what_was_missed_too(open_hub, open_one):
    database = await open_one()
    await record(database, "a", project="p")
    await record(database, "b", project="q")
    hub = await open_hub()
    async with reading(hub, after=0, project_id="q") as reader:
        await record(database, "c", project="p")
        await record(database, "d", project="q")
        await reader.until(lambda: "d" in reader.texts)
    assert reader.texts == ["b", "d"]


async def test_who_comes_too_late_is_told_how_much_is_gone(open_hub, open_one, monkeypatch):
    monkeypatch.setattr(store, "KEPT_EVENTS", 10)
    database = await open_one()
    await record(database, *(str(number) for number in range(30)))
    while await database.write(lambda c: store.forget_events(c, NOW)):
        pass
    hub = await open_hub()
    async with reading(hub, after=5) as reader:
        await reader.until(lambda: len(reader.texts) == 10)
    assert reader.texts == [str(number) for number in range(20, 30)]
    assert reader.messages[0].missed_count == 15


async def test_old_events_are_forgotten_and_numbers_never_used_again(open_one, monkeypatch):
    monkeypatch.setattr(store, "_FORGET_AT_ONCE", 4)
    database = await open_one()
    await record(database, *(str(number) for number in range(10)))
    _, newest = await database.read(store.kept_numbers)
    later = NOW + store.KEPT_MICROS + 1
    while await database.write(lambda c: store.forget_events(c, later)):
        pass
    # The newest is what a reader can ask to go on after.
    assert await database.read(store.kept_numbers) == (newest, newest)
    await record(database, "new", at=later)
    assert (await database.read(store.kept_numbers))[1] > newest


@pytest.mark.parametrize("after", [-1, 1, 2**62])
async def test_a_number_no_event_has_had_is_refused(open_hub, after):
    hub = await open_hub()
    async with reading(hub, after=after) as reader:
        assert (reader.error.reason, reader.error.field) == ("INVALID_FIELD_VALUE", "after_sequence")


async def test_streams_are_bounded_and_their_places_given_back(open_hub, monkeypatch):
    monkeypatch.setattr(hub_module, "MAX_SUBSCRIBERS", 1)
    hub = await open_hub()
    async with reading(hub), reading(hub) as refused:
        assert refused.error.reason == "TOO_MANY_REQUESTS"
    async with reading(hub) as admitted:
        assert admitted.error is None


async def test_a_quiet_stream_shows_that_it_lives(open_hub, monkeypatch):
    monkeypatch.setattr(hub_module, "HEARTBEAT_SECONDS", 0.05)
    async with reading(await open_hub()) as reader:
        await reader.until(lambda: len(reader.messages) >= 3)
    assert [m.event_type for m in reader.messages[:3]] == ["subscribed", "heartbeat", "heartbeat"]


async def test_what_was_told_last_is_stored_when_the_controller_stops(open_hub, open_one):
    hub = await open_hub()
    hub.publish("system_alert", "p", event_pb2.SystemAlertEvent(message="last"))
    await hub.stop()
    kept = await (await open_one()).read(lambda c: store.read_events(c, after=0, limit=10))
    assert [event.message.system_alert.message for event in kept] == ["last"]
