"""Events that no decoder takes: the request fails, and nothing else does."""

from __future__ import annotations

import pytest
from scripted_server import DONE, HEAD, Bench, Client, Handler, Peer, answering, chunked, delta, stream

from agent.samples.outcome import ErrorClass, Status
from agent.targets.openai import OpenAI

NOT_UTF8 = b'data: {"choices":[{"delta":{"content":"\xe2\x82"}}]}\n\n'
TOO_DEEP = b'data: {"x":' + b"[" * 60_000 + b"\n\n"
MALFORMED = pytest.mark.parametrize("malformed", [NOT_UTF8, TOO_DEEP], ids=["not UTF-8", "too deep"])


def stuck(bench: Bench, malformed: bytes) -> Handler:
    """Send a token, then, in a read of its own, an event that is kept undecoded; then nothing."""

    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(HEAD + chunked(delta(content="a")))
        await bench.reads(1)
        await peer.send(chunked(malformed))
        await peer.closed()

    return handler


async def submitted(bench: Bench, malformed: bytes, *, seconds: float) -> Client:
    """Return a client whose request has received everything."""
    server = await bench.serve(stuck(bench, malformed))
    client = bench.engine(f"http://127.0.0.1:{server.port}", timeout=seconds)
    client.submit()
    return client


@MALFORMED
async def test_a_malformed_first_event_is_a_protocol_error(bench: Bench, malformed: bytes) -> None:
    sample = await bench.ask(answering(stream(malformed, delta(content="a"), DONE)))
    assert (sample.status, sample.error_class) == (Status.ERROR, ErrorClass.PROTOCOL)


@MALFORMED
async def test_a_malformed_later_event_is_a_protocol_error(bench: Bench, malformed: bytes) -> None:
    sample = await bench.ask(answering(stream(delta(content="a"), malformed, DONE)))
    assert (sample.status, sample.error_class) == (Status.ERROR, ErrorClass.PROTOCOL)
    assert len(sample.event_times_ns) == 1


@MALFORMED
async def test_a_malformed_body_is_a_protocol_error(bench: Bench, malformed: bytes) -> None:
    body = malformed.removeprefix(b"data: ")
    response = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
    sample = await bench.ask(answering(response), stream=False)
    assert (sample.status, sample.error_class) == (Status.ERROR, ErrorClass.PROTOCOL)


@MALFORMED
async def test_a_malformed_error_body_keeps_its_status(bench: Bench, malformed: bytes) -> None:
    response = b"HTTP/1.1 500 Oh\r\ncontent-length: %d\r\n\r\n%s" % (len(malformed), malformed)
    sample = await bench.ask(answering(response))
    assert (sample.error_class, sample.http_status) == (ErrorClass.HTTP_5XX, 500)


@MALFORMED
async def test_deadlines_hold_after_a_malformed_event(bench: Bench, malformed: bytes) -> None:
    client = await submitted(bench, malformed, seconds=3.0)
    assert (await client.next()).error_class is ErrorClass.PROTOCOL
    assert (await client.ask()).error_class is ErrorClass.PROTOCOL  # by its own deadline
    assert client.engine.in_flight == 0


@MALFORMED
async def test_a_request_with_a_malformed_event_can_be_cancelled(bench: Bench, malformed: bytes) -> None:
    client = await submitted(bench, malformed, seconds=30)
    await bench.reads(2)
    client.submit()
    client.engine.cancel_all()
    assert [(await client.next()).status for _ in range(2)] == [Status.CANCELLED] * 2


async def test_a_dialect_that_fails_costs_one_request_each(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a fault of the dialect")

    server = await bench.serve(answering(stream(delta(content="a"), DONE)))
    client = bench.engine(f"http://127.0.0.1:{server.port}")
    with monkeypatch.context() as patch:
        patch.setattr(OpenAI, "read_events", broken)
        sample = await client.ask()
    assert (sample.error_class, "a fault of the dialect" in sample.error_message) == (ErrorClass.PROTOCOL, True)
    assert (await client.ask()).status is Status.OK
