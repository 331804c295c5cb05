"""What is written in one turn of the event loop is sent together, and nothing is lost or out of order."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.gathered import MOST_BYTES, Gathered


class Connection:
    """Notes what a transport is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.closing = False

    def writelines(self, pieces: list[bytes]) -> None:
        self.told.append(b"".join(pieces))

    def write_eof(self) -> None:
        self.told.append("eof")

    def close(self) -> None:
        self.told.append("close")
        self.closing = True

    def is_closing(self) -> bool:
        return self.closing

    def get_extra_info(self, name: str) -> str:
        return f"the {name}"


@pytest.fixture
async def connection() -> Connection:
    return Connection()


@pytest.fixture
async def gathered(connection: Connection) -> Gathered:
    return Gathered(connection, asyncio.get_running_loop())  # type: ignore[arg-type]


async def test_head_and_body_are_sent_together(connection, gathered):
    gathered.write(b"head ")
    gathered.write(b"body")
    assert connection.told == []
    await asyncio.sleep(0)
    gathered.write(b"next")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert connection.told == [b"head body", b"next"]


async def test_much_is_sent_at_once(connection, gathered):
    gathered.write(b"x" * MOST_BYTES)
    assert connection.told == []
    gathered.write(b"y")
    assert [len(sent) for sent in connection.told] == [MOST_BYTES + 1]
    gathered.write(b"z")
    await asyncio.sleep(0)
    assert connection.told[1:] == [b"z"]


@pytest.mark.parametrize("end", ["close", "eof"])
async def test_what_is_written_is_sent_before_the_end(connection, gathered, end):
    gathered.write(b"last words")
    gathered.close() if end == "close" else gathered.write_eof()
    await asyncio.sleep(0)
    assert connection.told == [b"last words", end]


async def test_nothing_is_sent_over_a_connection_that_was_given_up(connection, gathered):
    gathered.write(b"too late")
    connection.closing = True
    await asyncio.sleep(0)
    assert connection.told == []


async def test_everything_else_is_that_of_the_connection(gathered):
    assert gathered.get_extra_info("peer") == "the peer"
    assert not gathered.is_closing()
