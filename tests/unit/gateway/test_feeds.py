"""One stream for all who watch: who is told what, with whose credential, and what an interruption costs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import ExitStack
from typing import Any

import orjson
import pytest

from gateway.live import feed
from gateway.live.callers import Caller
from gateway.live.closing import TOLD
from gateway.live.events import EventFeeds
from gateway.live.outbox import Outbox
from gateway.live.runs import RunFeeds
from loadcell.errors import LoadcellError
from loadcell.v1 import event_pb2, run_pb2

RUN = run_pb2.Run(run_id="r", status="running", project_id="p")


class Script:
    """A double of the lines to the controller: every stream that is asked for does what the next script says."""

    def __init__(self, *scripts: list[Any]) -> None:
        self.scripts = list(scripts)
        self.asked: list[tuple[Any, str]] = []
        self.go_on = asyncio.Event()

    async def stream(self, _method: Any, request: Any, metadata: Any) -> AsyncGenerator[Any, None]:
        self.asked.append((request, metadata[0][1]))
        for step in self.scripts.pop(0):
            if isinstance(step, Exception):
                raise step
            if step is None:
                await self.go_on.wait()
            else:
                yield step


def caller(name: str) -> Caller:
    return Caller([("x-api-key", name)], group=name)


def update(revision: int, status: str = "running", **more: Any) -> run_pb2.WatchRunResponse:
    return run_pb2.WatchRunResponse(
        revision=revision, run=run_pb2.Run(run_id="r", status=status), level_count=1, **more
    )


async def all_of(outbox: Outbox) -> tuple[list[str], Any]:
    names: list[str] = []
    while True:
        _, messages, end = await outbox.take()
        names += [message.name for message in messages]
        if end is not None:
            return names, end


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(feed, "AGAIN_SECONDS", 0.0)


async def test_who_comes_later_is_told_how_it_stands_and_all_are_told_the_end():
    step = run_pb2.ValidationLog(step="init")
    lines = Script([update(1, validation_log=[step]), None, update(2, "completed", validation_log=[step])])
    feeds, first, second = RunFeeds(lines), Outbox(), Outbox()
    with feeds.watch(RUN, caller("a"), first):
        await first.take()
        with feeds.watch(RUN, caller("b"), second):
            assert [one.name for one in (await second.take()).messages] == ["validation_log", "progress"]
            assert list(feeds.counts()) == [("r", "p", 2)]
            lines.go_on.set()
            for outbox in (first, second):
                assert await all_of(outbox) == (["progress", "completed"], TOLD)
    assert len(lines.asked) == 1
    assert not list(feeds.counts())


async def test_who_comes_later_is_told_what_ended_levels_came_to_and_the_others_once():
    first_level = run_pb2.LevelProgress(index=0, finished=True, completed=9, percent=100)
    second_level = run_pb2.LevelProgress(index=1, completed=1)
    levels = [first_level, second_level]
    updates = [update(number, levels=levels) for number in (1, 2)]
    lines = Script([updates[0], None, updates[1], update(3, "completed", levels=levels)])
    feeds, first, second = RunFeeds(lines), Outbox(), Outbox()
    with feeds.watch(RUN, caller("a"), first):
        early = (await first.take()).messages
        with feeds.watch(RUN, caller("b"), second):
            late = (await second.take()).messages
            lines.go_on.set()
            assert (await all_of(first))[0] == (await all_of(second))[0] == ["progress", "completed"]
    assert [one.name for one in early] == [one.name for one in late] == ["levels", "progress"]
    [told] = orjson.loads(late[0].text)["levels"]
    assert (told["index"], told["progress"]["percent"], told["metrics"]["completed"]) == (0, 100, 9)


async def test_a_run_that_had_ended_is_told_of_by_its_end_alone():
    feeds, outbox = RunFeeds(Script([update(1, "failed")])), Outbox()
    with feeds.watch(RUN, caller("a"), outbox):
        assert await all_of(outbox) == (["failed"], TOLD)


async def test_an_interruption_is_waited_for_and_a_refusal_at_the_beginning_is_not():
    away = LoadcellError("SERVICE_UNAVAILABLE", "away")
    lines = Script([update(1), away], [away], [update(2), update(3, "completed")])
    outbox = Outbox()
    with RunFeeds(lines).watch(RUN, caller("a"), outbox):
        names, end = await all_of(outbox)
    assert (names[-1], end, len(lines.asked)) == ("completed", TOLD, 3)
    outbox = Outbox()
    with RunFeeds(Script([away])).watch(RUN, caller("a"), outbox):
        names, end = await all_of(outbox)
    assert (names, end.code, end.reason) == ([], 4503, "SERVICE_UNAVAILABLE")


async def test_an_interruption_does_not_last_for_ever(monkeypatch):
    monkeypatch.setattr(feed, "PATIENCE_SECONDS", -1.0)
    away, outbox = LoadcellError("SERVICE_UNAVAILABLE", "away"), Outbox()
    with RunFeeds(Script([update(1), away])).watch(RUN, caller("a"), outbox):
        assert (await all_of(outbox))[1].code == 4503


async def test_the_stream_goes_on_with_the_credential_of_another():
    revoked = LoadcellError("INVALID_API_KEY", "revoked")
    lines = Script([update(1), None, revoked], [update(2, "completed")])
    feeds, first, second = RunFeeds(lines), Outbox(), Outbox()
    with feeds.watch(RUN, caller("a"), first), feeds.watch(RUN, caller("b"), second):
        await second.take()
        lines.go_on.set()
        assert (await all_of(first))[1].code == 4401
        assert (await all_of(second))[1] == TOLD
    assert [name for _, name in lines.asked] == ["a", "b"]


async def test_a_credential_that_was_taken_along_says_nothing_of_its_group():
    ended = LoadcellError("INVALID_TOKEN", "ended early")
    lines = Script([update(1), None, ended], [update(2, "completed")])
    feeds, first, second = RunFeeds(lines), Outbox(), Outbox()
    with ExitStack() as gone:
        gone.enter_context(feeds.watch(RUN, Caller([("x-api-key", "one")], "g"), first))
        with feeds.watch(RUN, Caller([("x-api-key", "two")], "g"), second):
            await second.take()
            gone.close()
            lines.go_on.set()
            assert (await all_of(second))[1] == TOLD
    assert [name for _, name in lines.asked] == ["one", "two"]


async def test_what_one_ticket_opened_may_end_before_what_another_did():
    expired = LoadcellError("EXPIRED_TOKEN", "a day is over")
    lines = Script([update(1), None, expired], [update(2, "completed")])
    feeds, first, second = RunFeeds(lines), Outbox(), Outbox()
    one, two = (Caller([("x-api-key", name)], "g", expires_at=9e9) for name in ("one", "two"))
    with feeds.watch(RUN, one, first), feeds.watch(RUN, two, second):
        await second.take()
        lines.go_on.set()
        assert (await all_of(first))[1].reason == "EXPIRED_TOKEN"
        assert (await all_of(second))[1] == TOLD
    assert [name for _, name in lines.asked] == ["one", "two"]


class Ear:
    """Listens to events."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.ended = asyncio.Event()

    def begin(self, sequence: int) -> None:
        self.heard.append(("begin", sequence))

    def miss(self, count: int) -> None:
        self.heard.append(("miss", count))

    def event(self, sequence: int, told: Any) -> None:
        self.heard.append((told.name, sequence))

    def end(self, end: Any) -> None:
        self.heard.append(("end", end.code))
        self.ended.set()


def event(sequence: int, kind: str, missed: int = 0) -> event_pb2.SubscribeResponse:
    found = event_pb2.SubscribeResponse(sequence=sequence, event_type=kind, missed_count=missed)
    found.timestamp.FromSeconds(sequence)
    if kind == "run_state":
        found.run_state.run_id = "r"
    return found


async def test_events_go_on_after_an_interruption_where_they_were():
    away = LoadcellError("SERVICE_UNAVAILABLE", "away")
    lines = Script(
        [event(10, "subscribed"), event(12, "run_state"), event(20, "heartbeat"), away],
        [event(30, "subscribed", missed=3), event(31, "run_state", missed=2)],
        [LoadcellError("INVALID_FIELD_VALUE", "no more")],
    )
    feeds, ear = EventFeeds(lines), Ear()
    request = event_pb2.SubscribeRequest(events=["run_state"])
    feeds.listen(request, caller("a"), ear)
    await ear.ended.wait()
    assert ear.heard == [
        ("begin", 10),
        ("run_state", 12),
        ("miss", 3),
        ("miss", 2),
        ("run_state", 31),
        ("end", 4400),
    ]
    afters = [asked.after_sequence if asked.HasField("after_sequence") else None for asked, _ in lines.asked]
    assert afters == [None, 20, 31]
    assert not feeds._feeds


async def test_only_those_with_the_same_rights_and_wishes_share():
    lines = Script(*[[event(1, "subscribed"), None] for _ in range(4)])
    feeds, ears = EventFeeds(lines), [Ear() for _ in range(6)]
    wished = event_pb2.SubscribeRequest(events=["run_state"])
    other = event_pb2.SubscribeRequest(events=["system_alert"])
    back = event_pb2.SubscribeRequest(events=["run_state"], after_sequence=1)
    asked = [(wished, "a"), (wished, "a"), (wished, "b"), (other, "a"), (back, "a")]
    for (request, name), ear in zip(asked, ears, strict=False):
        feeds.listen(request, caller(name), ear)
    assert len(feeds._feeds) == 4
    for ear in ears:
        feeds.leave(ear)
    assert not feeds._feeds
