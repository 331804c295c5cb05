"""Sockets that can be read are found, and no others."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from agent.engine.polling import Poller


@pytest.fixture
def pairs() -> Iterator[list[tuple[socket.socket, socket.socket]]]:
    with ExitStack() as open_sockets:
        made = [socket.socketpair() for _ in range(100)]
        for end, other in made:
            open_sockets.enter_context(end)
            open_sockets.enter_context(other)
        yield made


Pairs = list[tuple[socket.socket, socket.socket]]


async def test_every_socket_with_bytes_is_called_back_until_it_is_empty(pairs: Pairs) -> None:
    poller = Poller(asyncio.get_running_loop())
    read: dict[int, bytes] = {}
    done = asyncio.Event()

    def reader(number: int, end: socket.socket) -> None:
        read[number] = read.get(number, b"") + end.recv(1)
        if sum(map(len, read.values())) == 2 * len(pairs):
            done.set()

    for number, (end, _) in enumerate(pairs):
        poller.add(end.fileno(), lambda number=number, end=end: reader(number, end))  # type: ignore[misc]
    for _, other in pairs:
        other.send(b"ab")
    await asyncio.wait_for(done.wait(), 30)
    poller.close()
    assert read == dict.fromkeys(range(len(pairs)), b"ab")


async def test_a_socket_closed_by_another_ones_callback_is_not_called(pairs: Pairs) -> None:
    poller = Poller(asyncio.get_running_loop())
    called: list[int] = []

    def close_the_other(number: int) -> None:
        called.append(number)
        for end, _ in pairs[:2]:
            poller.remove(end.fileno())

    for number, (end, other) in enumerate(pairs[:2]):
        other.send(b"x")
        poller.add(end.fileno(), lambda number=number: close_the_other(number))  # type: ignore[misc]
    for _ in range(10):
        await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    poller.close()
    assert len(called) == 1


async def test_after_its_end_nothing_is_called(pairs: Pairs) -> None:
    poller = Poller(asyncio.get_running_loop())
    called: list[int] = []
    end, other = pairs[0]
    poller.add(end.fileno(), lambda: called.append(1))
    poller.close()
    other.send(b"x")
    await asyncio.sleep(0.01)
    assert not called
