"""What waits for a client, and what it is told was missed."""

import asyncio

from gateway.live.closing import STOPPED, TOLD, End
from gateway.live.outbox import MOST, Outbox, Told
from loadcell.errors import LoadcellError


def told(text: object) -> Told:
    return Told(str(text), "event")


def texts(taken) -> list[str]:
    return [message.text for message in taken.messages]


async def test_messages_keep_their_order_and_the_latest_state_comes_last():
    outbox = Outbox()
    outbox.put_state(told("state 1"))
    outbox.put(told("a"))
    outbox.put_state(told("state 2"))
    outbox.put(told("b"))
    taken = await outbox.take()
    assert (texts(taken), taken.missed, taken.end) == (["a", "b", "state 2"], 1, None)


async def test_who_is_slow_loses_the_oldest_and_is_told_how_many():
    outbox = Outbox()
    for number in range(MOST + 10):
        outbox.put(told(number))
    taken = await outbox.take()
    assert (taken.missed, texts(taken)[0], texts(taken)[-1]) == (10, "10", str(MOST + 9))
    outbox.put(told("next"))
    assert (await outbox.take()).missed == 0


async def test_what_was_missed_on_the_way_is_counted_too():
    outbox = Outbox()
    outbox.miss(5)
    assert await outbox.take() == (5, [], None)
    outbox.miss(2)
    outbox.put(told("a"))
    assert (await outbox.take()).missed == 2


async def test_taking_waits_for_something():
    outbox = Outbox()
    taking = asyncio.create_task(outbox.take())
    await asyncio.sleep(0)
    assert not taking.done()
    outbox.put(told("a"))
    assert texts(await taking) == ["a"]


async def test_the_last_messages_take_the_place_of_the_state_and_nothing_comes_after_the_end():
    outbox = Outbox()
    outbox.put_state(told("old"))
    outbox.last([told("done"), told("end")], TOLD)
    outbox.put(told("late"))
    outbox.put_state(told("late"))
    taken = await outbox.take()
    assert (texts(taken), taken.missed, taken.end) == (["done", "end"], 1, TOLD)


async def test_a_cut_throws_away_what_waits():
    outbox = Outbox()
    outbox.put(told("a"))
    outbox.put_state(told("b"))
    outbox.cut(STOPPED)
    taken = await outbox.take()
    assert (taken.messages, taken.missed, taken.end) == ([], 0, STOPPED)


def test_an_error_has_the_close_code_of_its_status():
    end = End.of(LoadcellError("RUN_NOT_FOUND", "there is no run x"))
    assert (end.code, end.reason) == (4404, "RUN_NOT_FOUND")
    assert (TOLD.code, TOLD.reason, STOPPED.code) == (1000, "", 1001)


async def test_what_can_be_written_at_once_waits_for_nobody_and_overtakes_nothing():
    outbox, written, reads = Outbox(), [], True

    def write(message: Told) -> bool:
        written.append(message.text) if reads else None
        return reads

    outbox.direct = write
    outbox.put(told("before anybody takes"))
    assert (texts(await outbox.take()), written) == (["before anybody takes"], [])
    taking = asyncio.create_task(outbox.take())
    await asyncio.sleep(0)
    outbox.put(told("a"))
    outbox.put_state(told("b"))
    assert written == ["a", "b"]
    reads = False
    outbox.put(told("c"))
    reads = True
    outbox.put(told("d"))
    assert (texts(await taking), written) == (["c", "d"], ["a", "b"])


def test_a_message_is_framed_once():
    message = Told("äöü" * 100, "event")
    assert message.frame is message.frame
    assert message.frame[:4] == bytes([0x81, 126]) + len("äöü".encode() * 100).to_bytes(2)
