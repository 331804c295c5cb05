"""Streams that are no whole answer, over real sockets."""

from __future__ import annotations

import asyncio

import pytest
from scripted_server import DONE, HEAD, Bench, Peer, answering, chunked, delta, event, plain, stream, usage

from agent.samples.outcome import ErrorClass, Status


async def test_M8_stream_without_terminator_is_an_error(bench: Bench) -> None:
    sample = await bench.ask(answering(stream(delta(content="a"), delta(content="b"))))
    assert (sample.status, sample.error_class) == (Status.ERROR, ErrorClass.TRUNCATED)
    assert sample.end_ns >= sample.event_times_ns[-1]


async def test_M8_a_finish_reason_in_a_torn_response_is_no_end(bench: Bench) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(HEAD + chunked(delta(content="a")) + chunked(delta("stop")))

    sample = await bench.ask(handler)
    assert sample.error_class is ErrorClass.TRUNCATED
    assert "closed the connection" in sample.error_message


async def test_M8_a_stream_that_is_reset_is_truncated(bench: Bench) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(HEAD + chunked(delta(content="a")))
        await bench.reads(1)
        peer.reset()

    sample = await bench.ask(handler)
    assert (sample.error_class, sample.http_status) == (ErrorClass.TRUNCATED, 200)
    assert "reset" in sample.error_message


@pytest.mark.parametrize(
    "error",
    [
        {"error": {"message": "out of memory", "code": 500}},
        {"error": "out of memory"},
        {"object": "error", "message": "out of memory"},
    ],
)
async def test_M8_an_error_event_inside_a_stream_is_an_error(bench: Bench, error: dict[str, object]) -> None:
    sample = await bench.ask(answering(stream(delta(content="a"), event(error), DONE)))
    assert (sample.status, sample.error_class) == (Status.ERROR, ErrorClass.SERVER_ERROR_EVENT)
    assert sample.error_message == "out of memory"


async def test_M8_an_empty_completion_is_an_error(bench: Bench) -> None:
    sample = await bench.ask(
        answering(stream(delta(role="assistant", content=""), delta("stop"), usage(5, 1), DONE))
    )
    assert (sample.error_class, sample.first_ns) == (ErrorClass.EMPTY, -1)


async def test_garbage_json_is_a_protocol_error(bench: Bench) -> None:
    sample = await bench.ask(answering(stream(delta(content="a"), b"data: {oops\n\n", DONE)))
    assert sample.error_class is ErrorClass.PROTOCOL
    assert "{oops" in sample.error_message


async def test_M18_a_trickling_stream_meets_its_deadline(bench: Bench) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(HEAD)
        while True:
            await peer.send(chunked(delta(content="a")))
            await asyncio.sleep(0.01)

    sample = await bench.ask(handler, timeout=3.0)
    assert (sample.status, sample.error_class) == (Status.ERROR, ErrorClass.TIMEOUT)
    assert sample.end_ns - sample.start_ns >= 2_950_000_000
    assert len(sample.event_times_ns) > 2


async def test_json_instead_of_a_stream_is_a_protocol_error(bench: Bench) -> None:
    body = b'{"choices":[{"message":{"content":"x"}}]}'
    sample = await bench.ask(answering(plain("200 OK", body, "content-type: application/json")))
    assert sample.error_class is ErrorClass.PROTOCOL
    assert "application/json" in sample.error_message
