"""Connections that ask for too much, too slowly or too many at a time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket

import pytest
import structlog
from google.api import httpbody_pb2

from gateway.middleware.headers import HEADERS
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALIVE = b'{"status":"alive","service":"loadcell-gateway"}'
REQUEST = b"GET /alive HTTP/1.1\r\nHost: localhost\r\n"


async def connect(gateway):
    url = gateway.http.base_url
    return await asyncio.open_connection(url.host, url.port)


async def answer(reader: asyncio.StreamReader) -> tuple[int, str]:
    """The status and reason of the one answer on a connection that is closed after it; it has all headers."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    status_line, *lines = head.decode().split("\r\n")
    headers, document = dict(line.split(": ", 1) for line in lines), json.loads(body)
    assert {name: headers.get(name) for name in HEADERS} == HEADERS
    assert headers["X-Request-ID"] == document["meta"]["request_id"]
    return int(status_line.split()[1]), document["error"]["error_code"]


async def close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


async def test_S7_a_head_that_does_not_come_is_given_up(gateway, monkeypatch):
    monkeypatch.setattr("gateway.protocol.HEAD_SECONDS", 0.2)
    reader, writer = await connect(gateway)
    writer.write(REQUEST)
    assert await answer(reader) == (408, "REQUEST_TIMEOUT")
    await close(writer)


async def test_a_connection_kept_in_reserve_is_closed_without_a_word(gateway, monkeypatch):
    monkeypatch.setattr("gateway.protocol.HEAD_SECONDS", 0.2)
    reader, writer = await connect(gateway)
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await reader.read() == b""
    await close(writer)


async def test_the_next_head_on_a_connection_has_a_deadline_too(gateway, monkeypatch):
    monkeypatch.setattr("gateway.protocol.HEAD_SECONDS", 0.2)
    reader, writer = await connect(gateway)
    writer.write(REQUEST + b"\r\n")
    assert (await reader.readuntil(ALIVE)).startswith(b"HTTP/1.1 200 ")
    writer.write(REQUEST)
    assert await answer(reader) == (408, "REQUEST_TIMEOUT")
    await close(writer)


async def test_S7_a_head_without_end_is_refused(gateway):
    reader, writer = await connect(gateway)
    writer.write(REQUEST)
    for _ in range(80):
        writer.write(b"x-filler: " + b"x" * 1014 + b"\r\n")
    assert await answer(reader) == (431, "HEADERS_TOO_LARGE")
    await close(writer)


async def test_S7_connections_are_bounded(gateway_with, monkeypatch):
    async with gateway_with() as gateway:
        monkeypatch.setattr("gateway.protocol.MAX_CONNECTIONS", 2)
        held = [await connect(gateway) for _ in range(2)]
        for reader, writer in held:
            writer.write(REQUEST + b"\r\n")
            await reader.readuntil(ALIVE)
        reader, writer = await connect(gateway)
        assert await answer(reader) == (503, "SERVICE_UNAVAILABLE")
        for _, open_writer in (*held, (reader, writer)):
            await close(open_writer)


async def test_S7_a_body_that_nobody_reads_has_a_deadline_too(gateway, monkeypatch):
    monkeypatch.setattr("gateway.protocol.BODY_SECONDS", 0.2)
    reader, writer = await connect(gateway)
    writer.write(REQUEST + b"Content-Length: 1000000\r\n\r\n")
    async with asyncio.timeout(PATIENCE_SECONDS):
        await reader.readuntil(ALIVE)

        async def drip() -> None:
            with contextlib.suppress(ConnectionError):
                while True:
                    writer.write(b"x")
                    await writer.drain()
                    await asyncio.sleep(0.01)

        dripping = asyncio.create_task(drip())
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        dripping.cancel()
    writer.transport.abort()


async def test_S7_an_answer_that_is_not_read_has_a_deadline(gateway_with, monkeypatch):
    monkeypatch.setattr("gateway.protocol.WRITE_SECONDS", 0.2)
    async with gateway_with() as gateway:
        body = httpbody_pb2.HttpBody(content_type="text/csv", data=b"x" * 3_000_000)
        gateway.controller.answers["DownloadRunResult"] = body
        url = gateway.http.base_url
        with structlog.testing.capture_logs() as lines, socket.create_connection((url.host, url.port)) as slow:
            head = b"GET /api/v1/benchmark/result/r1/export?format=csv HTTP/1.1\r\nHost: localhost\r\n"
            # Several, for the buffers of the kernel hold the first ones.
            slow.sendall((head + b"\r\n") * 8)
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not any(line["event"] == "slow_client_abandoned" for line in lines):
                    await asyncio.sleep(0.01)
            got = await asyncio.to_thread(lambda: sum(map(len, iter(lambda: slow.recv(1 << 20), b""))))
        assert got < 8 * len(body.data)


@pytest.mark.parametrize(
    ("url", "status", "reason", "words"),
    [
        ("/" + "x" * 2_048, 414, "URL_TOO_LONG", "path is longer"),
        ("/alive?" + "x" * 16_385, 414, "URL_TOO_LONG", "query is longer"),
        ("/alive?" + "&".join("a=1" for _ in range(257)), 400, "LIMIT_EXCEEDED", "more than 256 parameters"),
        ("/api/v1/benchmark/run/%ff", 400, "INVALID_REQUEST", "path of the URL is not UTF-8"),
        ("/api/v1/benchmark/run/r1/cancel%0A", 400, "INVALID_REQUEST", "control characters"),
        ("/alive%00", 400, "INVALID_REQUEST", "control characters"),
        ("/alive?a=%ed%a0%80", 400, "INVALID_REQUEST", "query of the URL is not UTF-8"),
    ],
)
async def test_S7_urls_are_bounded(gateway, url, status, reason, words):
    refused = await gateway.http.get(url)
    assert (refused.status_code, refused.json()["error"]["error_code"]) == (status, reason)
    assert words in refused.json()["error"]["message"]
    most = "/alive?" + "&".join("%C3%A9=1" for _ in range(256))
    assert (await gateway.http.get(most)).status_code == 200
