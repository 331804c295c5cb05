"""Responses that are not streamed, over real sockets."""

from __future__ import annotations

import json

import pytest
from scripted_server import Bench, Peer, answering, plain

from agent.engine import exchange
from agent.samples.outcome import ErrorClass, Status


async def test_a_whole_body_is_ok_without_a_stream(bench: Bench) -> None:
    body = json.dumps(
        {
            "choices": [{"message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 9},
        }
    ).encode()
    sample = await bench.ask(answering(plain("200 OK", body, "content-type: application/json")), stream=False)
    assert (sample.status, sample.completion_tokens, sample.prompt_tokens) == (Status.OK, 9, 3)
    assert sample.first_ns == -1
    assert sample.event_times_ns == []
    assert sample.start_ns < sample.end_ns


@pytest.mark.parametrize(
    ("body", "error_class"),
    [
        (b'{"choices":[{"message":{"content":""}}]}', ErrorClass.EMPTY),
        (b'{"choices":[{"mess', ErrorClass.PROTOCOL),
        (b'{"error":{"message":"busy"}}', ErrorClass.SERVER_ERROR_EVENT),
    ],
)
async def test_a_body_that_is_no_answer(bench: Bench, body: bytes, error_class: ErrorClass) -> None:
    sample = await bench.ask(answering(plain("200 OK", body)), stream=False)
    assert sample.error_class is error_class


async def test_a_body_shorter_than_its_length_is_truncated(bench: Bench) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{}")

    assert (await bench.ask(handler, stream=False)).error_class is ErrorClass.TRUNCATED


async def test_a_body_without_end_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MAX_BODY_BYTES", 10_000)

    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await peer.send(b"x" * 1000)

    assert (await bench.ask(handler, stream=False)).error_class is ErrorClass.PROTOCOL
