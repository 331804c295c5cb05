"""Statuses, heads and connections that fail, over real sockets."""

from __future__ import annotations

import json

import pytest
from scripted_server import WHOLE, Bench, Peer, answering, plain

from agent.samples.outcome import ErrorClass, Status


async def test_bytes_that_are_not_http_are_a_protocol_error(bench: Bench) -> None:
    sample = await bench.ask(answering(b"SSH-2.0-OpenSSH_9.6\r\n"))
    assert (sample.error_class, sample.http_status) == (ErrorClass.PROTOCOL, 0)


@pytest.mark.parametrize(
    ("status", "error_class"),
    [
        ("400 Bad Request", ErrorClass.HTTP_4XX),
        ("404 Not Found", ErrorClass.HTTP_4XX),
        ("429 Too Many Requests", ErrorClass.HTTP_429),
        ("500 Internal Server Error", ErrorClass.HTTP_5XX),
        ("503 Service Unavailable", ErrorClass.HTTP_5XX),
        ("302 Found", ErrorClass.PROTOCOL),
    ],
)
async def test_a_status_decides_the_class(bench: Bench, status: str, error_class: ErrorClass) -> None:
    body = json.dumps({"error": {"message": "the reason\x00 is\n here", "type": "x"}}).encode()
    sample = await bench.ask(answering(plain(status, body, "location: http://127.0.0.1:1/")))
    code = int(status[:3])
    assert (sample.status, sample.error_class, sample.http_status) == (Status.ERROR, error_class, code)
    assert sample.error_message.endswith(f"HTTP {code}: the reason is here")


async def test_a_message_is_bounded_and_holds_no_key(bench: Bench) -> None:
    body = b"wrong key sk-very-secret! " + b"x" * 100_000
    sample = await bench.ask(answering(plain("401 Unauthorized", body)), api_key="sk-very-secret")
    assert sample.error_message.startswith("HTTP 401: wrong key [redacted]! xxx")
    assert len(sample.error_message) == 512


async def test_an_interim_response_is_passed_over(bench: Bench) -> None:
    sample = await bench.ask(
        answering(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n", WHOLE)
    )
    assert (sample.status, sample.http_status) == (Status.OK, 200)


async def test_a_server_that_never_answers_meets_the_deadline(bench: Bench) -> None:
    sample = await bench.ask(lambda peer: peer.closed(), timeout=0.1)
    assert (sample.error_class, sample.http_status, sample.first_ns) == (ErrorClass.TIMEOUT, 0, -1)


async def test_a_connection_closed_without_a_response_is_a_connect_error(bench: Bench) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()

    sample = await bench.ask(handler)
    assert (sample.error_class, sample.http_status) == (ErrorClass.CONNECT, 0)


async def test_a_head_without_end_is_refused(bench: Bench) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\n")
        while True:
            await peer.send(b"x-a: b\r\n" * 1000)

    assert (await bench.ask(handler)).error_class is ErrorClass.PROTOCOL


async def test_a_refused_connection_is_a_connect_error(bench: Bench) -> None:
    server = await bench.serve(answering(WHOLE))
    client = bench.engine("http://127.0.0.1:1")
    sample = await client.ask()
    assert server.connections == 0
    assert (sample.error_class, sample.start_ns > 0) == (ErrorClass.CONNECT, True)
    assert "127.0.0.1:1" in sample.error_message


async def test_an_unknown_host_is_a_dns_error(bench: Bench) -> None:
    sample = await bench.engine(f"http://{'a' * 64}.invalid:80").ask()
    assert sample.error_class is ErrorClass.DNS


async def test_running_out_of_files_is_the_clients_own_fault(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await bench.serve(answering(WHOLE))
    client = bench.engine(f"http://127.0.0.1:{server.port}")
    await client.engine.resolve()

    def refuse(*_: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("agent.engine.opening.socket.socket", refuse)
    client.submit()
    assert (await client.next()).error_class is ErrorClass.CLIENT
