"""Bytes that are nearly HTTP: what one program on the way might read otherwise than the next is never served."""

from __future__ import annotations

import asyncio
import json

import pytest
import structlog

from loadcell.v1 import run_pb2
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOST = b"Host: localhost\r\n"
GET = b"GET /alive HTTP/1.1\r\n"
POST = b"POST /api/v1/benchmark/run HTTP/1.1\r\nContent-Type: application/json\r\n" + HOST
CHUNKED = b"Transfer-Encoding: chunked\r\n"


async def all_answers(gateway, sent: bytes, *, and_end: bool = False) -> list[tuple[int, dict]]:
    """Status and body of every answer on a connection until the gateway closes it."""
    url, found = gateway.http.base_url, []
    reader, writer = await asyncio.open_connection(url.host, url.port)
    async with asyncio.timeout(PATIENCE_SECONDS):
        writer.write(sent)
        if and_end:
            writer.write_eof()
        rest = await reader.read()
    writer.close()
    await writer.wait_closed()
    while rest:
        head, _, rest = rest.partition(b"\r\n\r\n")
        status, *lines = head.decode().lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        length = int(headers["content-length"])
        found.append((int(status.split()[1]), json.loads(rest[:length])))
        if found[-1][0] >= 400:
            assert headers["cache-control"] == "no-store"
        assert headers["content-type"] == "application/json"
        rest = rest[length:]
    return found


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (POST + b"Content-Length: 2\r\n" + CHUNKED + b"\r\n0\r\n\r\n", 400),
        (POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400),
        (POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", 400),
        (POST + b"Content-Length: 2, 2\r\n\r\n{}", 400),
        (POST + b"Content-Length: +2\r\n\r\n{}", 400),
        (POST + b"Content-Length: 99999999999999999999999\r\n\r\n", 400),
        (POST + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400),
        (POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
        (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (POST.replace(b"1.1", b"1.0") + CHUNKED + b"\r\n0\r\n\r\n", 400),
        (POST + CHUNKED + b"\r\nzz\r\n", 400),
        (POST + CHUNKED + b"\r\n2\r\n{}0\r\n\r\n", 400),
        (POST + CHUNKED + b"\r\nfffffffffffffffff\r\n{}", 400),
        (GET + b"\r\n", 400),
        (GET + HOST + HOST + b"\r\n", 400),
        (GET + HOST + b"X: a\r\n b\r\n\r\n", 400),
        (GET + HOST + b"X: a\0b\r\n\r\n", 400),
        (GET + HOST + b"X: a\nY: b\r\n\r\n", 400),
        (GET.replace(b"\r", b"") + b"Host: localhost\n\n", 400),
        (b"GET /al\xffve HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"GET /alive?\xff HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"GET /alive HTTP/2.0\r\n" + HOST + b"\r\n", 505),
        (b"GET /alive\r\n\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (GET + HOST + b"x: y\r\n" * 100 + b"\r\n", 431),
        (GET + HOST + b"x: " + b"y" * 70_000 + b"\r\n\r\n", 431),
    ],
)
async def test_S7_what_could_be_read_in_two_ways_is_refused_and_the_connection_closed(gateway, sent, status):
    ((told, document),) = await all_answers(gateway, sent)
    assert told == status
    assert document["error"]["error_code"] in {"INVALID_REQUEST", "NOT_IMPLEMENTED", "HEADERS_TOO_LARGE"}
    assert ("detail" in document) == sent.startswith(b"POST /api/v1/benchmark/")
    assert gateway.controller.calls == []


async def test_what_is_refused_unread_is_found_in_the_log(gateway):
    with structlog.testing.capture_logs() as lines:
        ((status, document),) = await all_answers(gateway, GET + b"Cookie: unseen\r\n\r\n")
    (line,) = (line for line in lines if line["event"] == "request_refused")
    assert (line["status_code"], line["reason"], status) == (400, "INVALID_REQUEST", 400)
    assert line["request_id"] == document["meta"]["request_id"]
    assert "unseen" not in str(lines)


async def test_what_was_asked_before_something_unreadable_is_answered(gateway):
    gateway.controller.answers["ListRuns"] = run_pb2.ListRunsResponse(total=7)
    gateway.controller.delay_seconds = 0.05
    asked = b"GET /api/v1/benchmark/history HTTP/1.1\r\n" + HOST + b"\r\n"
    ((status, document),) = await all_answers(gateway, asked + b"\0\0\0" * 10)
    assert (status, document["total"]) == (200, 7)


async def test_what_follows_something_unreadable_is_never_read(gateway):
    hidden = POST + b"Content-Length: 2\r\n\r\n{}"
    await all_answers(gateway, POST + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n0\r\n\r\n" + hidden)
    assert gateway.controller.calls == []


async def test_requests_sent_at_once_are_answered_in_order(gateway):
    gateway.controller.answers["CreateRun"] = run_pb2.CreateRunResponse(run_id="r1")
    body = b'{"server_url": "http://127.0.0.1:1"}'
    write = POST + b"Content-Length: %d\r\n\r\n" % len(body) + body
    answers = await all_answers(
        gateway, GET + HOST + b"\r\n" + write + GET + HOST + b"Connection: close\r\n\r\n" + GET + HOST + b"\r\n"
    )
    assert [(status, next(iter(document))) for status, document in answers] == [
        (200, "status"),
        (200, "run_id"),
        (200, "status"),
    ]


async def test_a_protocol_that_is_not_spoken_is_not_changed_to(gateway):
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM\r\n\r\n"
    answers = await all_answers(gateway, GET + HOST + upgrade + b"PRI * HTTP/2.0\r\n\r\n")
    assert answers == [(200, {"status": "alive", "service": "loadcell-gateway"})]


async def test_who_asks_and_sends_nothing_more_is_answered(gateway):
    gateway.controller.answers["ListRuns"] = run_pb2.ListRunsResponse(total=7)
    gateway.controller.delay_seconds = 0.05
    asked = b"GET /api/v1/benchmark/history HTTP/1.1\r\n" + HOST + b"\r\n"
    answers = await all_answers(gateway, asked * 2, and_end=True)
    assert [(status, document["total"]) for status, document in answers] == [(200, 7), (200, 7)]
    assert await all_answers(gateway, b"", and_end=True) == []


@pytest.mark.parametrize(
    "sent",
    [GET + HOST, POST + b"Content-Length: 20\r\n\r\n{}", POST + CHUNKED + b"\r\n9\r\n{}"],
    ids=["head", "body", "chunk"],
)
async def test_half_of_a_request_and_then_the_end_is_no_request(gateway, sent):
    assert await all_answers(gateway, sent, and_end=True) == []
    assert gateway.controller.calls == []


async def test_a_body_is_asked_for_where_the_client_waits_to_be_asked(gateway):
    gateway.controller.answers["CreateRun"] = run_pb2.CreateRunResponse(run_id="r1")
    url = gateway.http.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    async with asyncio.timeout(PATIENCE_SECONDS):
        writer.write(POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"{}")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
    writer.close()
    await writer.wait_closed()
