"""Several callers who want the same at the same time."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from controller.analysis import flights as module
from controller.analysis.flights import AT_ONCE, AT_ONCE_EACH, Flights
from loadcell.errors import LoadcellError
from tests.patience import PATIENCE_SECONDS


class Maker:
    """Makes what it is told, once it is told."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = asyncio.Event()
        self.next: asyncio.Queue[str | Exception | None] = asyncio.Queue()

    async def __call__(self):
        self.begun += 1
        try:
            while (piece := await self.next.get()) is not None:
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            self.ended.set()


async def followed(flights: Flights[str], name: str, make: Maker, caller: str = "me") -> list[str | None]:
    async with aclosing(flights.follow(name, caller, make)) as pieces, asyncio.timeout(PATIENCE_SECONDS):
        return [piece async for piece in pieces]


async def test_all_follow_from_the_first_piece_on_and_it_is_made_once() -> None:
    flights, make = Flights[str](), Maker()
    first = asyncio.create_task(followed(flights, "a", make))
    make.next.put_nowait("1")
    while not make.next.empty():
        await asyncio.sleep(0)
    second = asyncio.create_task(followed(flights, "a", make))
    await asyncio.sleep(0)
    make.next.put_nowait("2")
    make.next.put_nowait(None)
    assert await first == await second == [None, "1", "2"]
    assert make.begun == 1
    make.next.put_nowait(None)
    assert await followed(flights, "a", make) == [None]
    assert make.begun == 2


async def test_it_ends_when_nobody_follows_any_more() -> None:
    flights, make = Flights[str](), Maker()
    one, other = flights.follow("a", "me", make), flights.follow("a", "me", make)
    assert [await anext(one), await anext(other)] == [None, None]
    make.next.put_nowait("1")
    assert await anext(one) == "1"
    await one.aclose()
    assert not make.ended.is_set()
    assert await anext(other) == "1"
    await other.aclose()
    assert make.ended.is_set()


@pytest.mark.parametrize(
    ("error", "reason"),
    [(LoadcellError("ANALYSIS_FAILED", "no"), "ANALYSIS_FAILED"), (ValueError("x"), "INTERNAL_SERVER_ERROR")],
)
async def test_all_hear_of_what_goes_wrong(error, reason) -> None:
    flights, make = Flights[str](), Maker()
    tasks = [asyncio.create_task(followed(flights, "a", make)) for _ in range(2)]
    make.next.put_nowait(error)
    for task in tasks:
        with pytest.raises(LoadcellError) as refused:
            await task
        assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("most", "callers"), [(AT_ONCE, ("a", "b", "c", "d", "e")), (AT_ONCE_EACH, ("a",) * 5)], ids=["all", "one"]
)
async def test_only_so_many_are_made_at_once_of_all_and_of_one_caller(most: int, callers: tuple[str, ...]) -> None:
    flights, makers = Flights[str](), [Maker() for _ in range(most)]
    tasks = [
        asyncio.create_task(followed(flights, str(number), make, callers[number]))
        for number, make in enumerate(makers)
    ]
    await asyncio.sleep(0)
    with pytest.raises(LoadcellError) as refused:
        await followed(flights, "one more", Maker(), callers[most])
    assert refused.value.reason == "TOO_MANY_REQUESTS"
    # What is being made already may be followed by everybody.
    tasks.append(asyncio.create_task(followed(flights, "0", Maker(), callers[most])))
    await asyncio.sleep(0)
    for make in makers:
        make.next.put_nowait(None)
    assert await asyncio.gather(*tasks) == [[None]] * (most + 1)


async def test_whoever_waits_is_told_that_it_goes_on(monkeypatch) -> None:
    monkeypatch.setattr(module, "LIFE_SECONDS", 0.01)
    make = Maker()
    async with aclosing(Flights[str]().follow("a", "me", make)) as pieces:
        assert [await anext(pieces) for _ in range(3)] == [None] * 3
