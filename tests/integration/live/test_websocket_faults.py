"""What clients may do wrong, or not do at all: each has its close code, and none costs memory without a bound."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random

import pytest

from gateway import listener
from gateway.live import protocol
from gateway.live.outbox import MOST, Told
from gateway.live.sockets import RunSocket
from tests.integration.live.conftest import closed, heard, heard_until, serve_live
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Raw:
    """A WebSocket client that does nothing by itself."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, world, path: str = "/ws") -> Raw:
        host, port = world.gateway.address.split(":")
        raw = cls(*await asyncio.open_connection(host, int(port), limit=1024))
        key = base64.b64encode(os.urandom(16)).decode()
        head = {
            "Host": world.gateway.address,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": key,
            "Sec-WebSocket-Version": "13",
            **world.boss,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        raw.writer.write(f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode())
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += await raw.reader.readline()
        assert answer.startswith(b"HTTP/1.1 101 ")
        return raw

    def frame(self, opcode: int, data: bytes = b"", *, last: bool = True) -> None:
        assert len(data) < 126
        self.writer.write(bytes([last << 7 | opcode, 0x80 | len(data), 0, 0, 0, 0]) + data)

    async def next(self) -> tuple[int, bytes]:
        """The opcode and the data of the next frame; (0, b"") where the connection is lost."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                first, length = await self.reader.readexactly(2)
                if length == 126:
                    length = int.from_bytes(await self.reader.readexactly(2))
                elif length == 127:
                    length = int.from_bytes(await self.reader.readexactly(8))
                return first & 0x0F, await self.reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return 0, b""

    async def close_code(self) -> int:
        """The code of the close frame, whatever comes before; 0 where there is none."""
        while True:
            opcode, data = await self.next()
            if opcode in (0, 8):
                return int.from_bytes(data[:2])

    def leave(self) -> None:
        self.writer.transport.abort()


async def settled(world) -> None:
    """Every connection has been forgotten."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while world.gateway.live._open or world.gateway.listener.server_state.upgraded:
            await asyncio.sleep(0.02)


async def test_binary_messages_are_refused(world):
    async with world.gateway.socket("/ws", headers=world.boss) as socket:
        await socket.send(b"\x00")
        messages, code, _ = await closed(socket)
    assert ([message["code"] for message in messages], code) == (["INVALID_REQUEST"], 1003)


async def test_messages_that_are_too_large_are_refused(world):
    async with world.gateway.socket("/ws", headers=world.boss) as socket:
        await socket.send("x" * (protocol.MAX_MESSAGE_BYTES + 1))
        assert (await closed(socket))[1] == 1009
    async with world.gateway.socket("/ws", headers=world.boss) as socket:
        await socket.send(["x" * 1_000] * 20)
        assert (await closed(socket))[1] == 1009


async def test_pieces_of_a_message_are_not_without_a_bound_though_they_be_empty(world):
    raw = await Raw.open(world)
    raw.frame(1, last=False)
    for _ in range(100):
        raw.frame(0, last=False)
    assert await raw.close_code() == 1009
    raw.leave()


async def test_frames_that_are_none_end_the_connection(world):
    raw = await Raw.open(world)
    raw.writer.write(b"\x81\x01x")  # without a mask
    assert await raw.close_code() == 1002
    raw.leave()
    raw = await Raw.open(world)
    raw.frame(1, b"\xff\xfe")
    assert await raw.close_code() == 1007
    raw.leave()


async def test_who_says_too_much_is_sent_away(world):
    async with world.gateway.socket("/ws", headers=world.boss) as socket:
        for _ in range(200):
            await socket.send('{"type": "ping"}')
        messages, code, reason = await closed(socket)
    assert (messages[-1]["type"], code, reason) == ("error", 4429, "RATE_LIMIT_EXCEEDED")


async def test_pings_are_answered_on_both_kinds_of_sockets(world):
    run_id = await world.controller.create()
    async with world.gateway.run_socket(run_id, headers=world.boss) as socket:
        await heard(socket)
        await socket.send("something else")
        await socket.send("ping")
        while await heard(socket) != "pong":
            pass
        await (await socket.ping())


async def test_who_is_silent_is_sent_a_ping(world, monkeypatch):
    monkeypatch.setattr(RunSocket, "quiet_seconds", 0.1)
    run_id = await world.controller.create()
    async with world.gateway.run_socket(run_id, headers=world.boss) as socket:
        while await heard(socket) != "ping":
            pass


async def test_half_open_connections_are_found(world, monkeypatch):
    monkeypatch.setattr(listener, "PING_SECONDS", 0.1)
    async with serve_live(world.controller.address) as gateway:
        there = type(world)(world.controller, gateway)
        raw = await Raw.open(there)
        assert await raw.close_code() == 1011
        raw.leave()
        await settled(there)


async def test_who_reads_nothing_is_told_what_was_missed_and_then_the_latest(world):
    raw = await Raw.open(world)
    while not world.gateway.live._open:
        await asyncio.sleep(0.01)
    (outbox,) = world.gateway.live._open
    raw.reader._transport.pause_reading()
    sent = 0
    # Until the buffers of the sockets are full, and then so many more that some have to go.
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not outbox._missed:
            for _ in range(MOST):
                outbox.put(Told(json.dumps({"type": "event", "number": sent, "data": "x" * 2_000}), "event"))
                sent += 1
            assert len(outbox._messages) <= MOST
            await asyncio.sleep(0.01)
    raw.reader._transport.resume_reading()
    numbers, missed = [], 0
    while not numbers or numbers[-1] != sent - 1:
        opcode, data = await raw.next()
        assert opcode == 1
        message = json.loads(data)
        if message["type"] == "lagged":
            missed += message["missed"]
        else:
            numbers.append(message["number"])
    assert numbers == sorted(numbers)
    assert len(numbers) + missed == sent
    raw.leave()
    await settled(world)


async def test_who_never_reads_is_given_up(world, monkeypatch):
    monkeypatch.setattr(protocol, "WRITE_SECONDS", 0.2)
    raw = await Raw.open(world)
    while not world.gateway.live._open:
        await asyncio.sleep(0.01)
    (outbox,) = world.gateway.live._open
    raw.reader._transport.pause_reading()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while world.gateway.live._open:
            outbox.put(Told("x" * 100_000, "event"))
            await asyncio.sleep(0.005)
    raw.leave()
    await settled(world)


async def test_a_flood_of_pings_that_nobody_reads_the_answers_of_is_cut_off(world):
    raw = await Raw.open(world)
    raw.reader._transport.pause_reading()
    ping = bytes([0x89, 0x80 | 125, 0, 0, 0, 0]) + b"x" * 125

    async def flood() -> None:
        while True:
            raw.writer.write(ping * 500)
            await raw.writer.drain()

    with pytest.raises(ConnectionError):
        await asyncio.wait_for(flood(), PATIENCE_SECONDS)
    raw.leave()
    await settled(world)


async def test_who_goes_away_leaves_nothing_behind(world):
    run_id = await world.controller.create()
    for path in ("/ws", f"/ws/benchmark/{run_id}") * 3:
        raw = await Raw.open(world, path)
        raw.leave()
    await settled(world)
    assert not list(world.gateway.live.runs.counts())
    assert not world.gateway.live.rights._held


async def test_a_message_that_means_nothing_is_answered_and_the_connection_goes_on(world):
    async with world.gateway.socket("/ws", headers=world.boss) as socket:
        for text in ("{", "[]", "1", '{"type": "dance"}', "{}", '{"type": "subscribe", "events": 1}', "\x00"):
            await socket.send(text)
            assert (await heard(socket))["type"] == "error"
        await socket.send('{"type": "ping"}')
        assert [message["type"] for message in await heard_until(socket, "pong")] == ["pong"]


@pytest.mark.parametrize("number", range(4))
async def test_whatever_bytes_come_others_are_served(world, number):
    draw = random.Random(number)
    for _ in range(12):
        raw = await Raw.open(world)
        for _ in range(draw.randrange(1, 8)):
            if draw.random() < 0.5:
                raw.frame(draw.randrange(16), draw.randbytes(draw.randrange(126)), last=draw.random() < 0.7)
            else:
                raw.writer.write(draw.randbytes(draw.randrange(1, 200)))
        if draw.random() < 0.5:
            raw.writer.write_eof()
            await raw.close_code()
        raw.leave()
    async with world.gateway.socket("/ws", headers=world.boss) as socket:
        await socket.send("ping")
        assert await heard(socket) == {"type": "pong"}
    await settled(world)
