"""What waits for a subscriber is bounded, and what it missed is counted."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from controller.events import subscriber as module
from controller.events.kinds import make_event
from controller.events.subscriber import Subscriber
from controller.events.wanted import read_wanted
from controller.scope import Scope
from loadcell.v1 import event_pb2

WANTED = read_wanted(event_pb2.SubscribeRequest(events=["system_alert"]), Scope.everything())


def event(number: int, kind: str = "system_alert"):
    data = {"system_alert": event_pb2.SystemAlertEvent(), "run_state": event_pb2.RunStateEvent()}[kind]
    made = make_event(kind, "", data, 1)
    made.message.sequence = number
    return replace(made, number=number)


async def test_a_slow_reader_loses_the_oldest_and_is_told_how_many(monkeypatch):
    monkeypatch.setattr(module, "MAX_WAITING", 3)
    slow, quick = Subscriber(WANTED, 0), Subscriber(WANTED, 0)
    got = []
    for number in range(1, 9):
        for one in (slow, quick):
            one.offer(event(number))
            one.offer(event(number, "run_state"))
        got.append(await quick.next())
    assert [(m.sequence, m.missed_count) for m in got] == [(number, 0) for number in range(1, 9)]
    left = [await slow.next() for _ in range(3)]
    assert [(m.sequence, m.missed_count) for m in left] == [(6, 5), (7, 0), (8, 0)]


async def test_what_was_seen_is_not_sent_again():
    one = Subscriber(WANTED, 5)
    for number in (4, 5, 6):
        one.offer(event(number))
    assert (await one.next()).sequence == 6


async def test_a_waiting_reader_is_woken():
    one = Subscriber(WANTED, 0)
    waiting = asyncio.create_task(one.next())
    await asyncio.sleep(0)
    one.offer(event(1))
    assert (await waiting).sequence == 1
