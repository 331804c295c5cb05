"""Every way a response can go, over real sockets."""

from __future__ import annotations

import asyncio
import json
import ssl
from pathlib import Path

import pytest
from scripted_server import DONE, END, HEAD, WHOLE, Bench, Peer, answering, chunked, delta, event, stream, usage

from agent.engine import exchange
from agent.samples.outcome import ErrorClass, Status, TokenSource


def plain(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


async def test_a_whole_stream_is_ok(bench: Bench) -> None:
    sample = await bench.ask(answering(WHOLE))
    assert (sample.status, sample.error_class, sample.http_status) == (Status.OK, ErrorClass.NONE, 200)
    assert sample.finish_reason == "stop"
    assert (sample.prompt_tokens, sample.completion_tokens, sample.token_source) == (5, 2, TokenSource.SERVER)
    assert len(sample.event_times_ns) == 2
    assert sample.start_ns <= sample.first_ns == sample.first_answer_ns <= sample.end_ns
    assert sample.connect_ns > 0
    assert sample.tls_ns == -1
    assert not sample.reused


async def test_the_request_names_path_host_and_length(bench: Bench) -> None:
    received: list[bytes] = []

    async def handler(peer: Peer) -> None:
        received.append(await peer.request())
        await peer.send(WHOLE)

    server = await bench.serve(handler)
    await bench.engine(f"http://127.0.0.1:{server.port}/base/v1/", api_key="sekret").ask()
    head, _, body = received[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /base/v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:%d\r\n" % server.port)
    assert b"\r\nauthorization: Bearer sekret\r\n" in head
    assert json.loads(body)["stream_options"] == {"include_usage": True}


async def test_bytes_may_be_split_anywhere(bench: Bench) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send_bytewise(WHOLE)

    sample = await bench.ask(handler)
    assert (sample.status, sample.event_tokens) == (Status.OK, [1, 1])


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
async def test_M8_the_event_stream_rules_hold(bench: Bench, newline: bytes) -> None:
    body = (
        b": ping\n\nevent: message\nid: 4\ndata:"
        + delta(content="a")[6:]
        + b"retry: 1\n\n"
        + delta(content="b")
        + DONE
    )
    sample = await bench.ask(answering(stream(body.replace(b"\n", newline))))
    assert (sample.status, len(sample.event_times_ns)) == (Status.OK, 2)


async def test_M9_a_line_separator_in_a_token_does_not_split_the_event(bench: Bench) -> None:
    raw = 'data: {"choices":[{"delta":{"content":"a\u2028b\u0085"}}]}\n\n'.encode()
    sample = await bench.ask(answering(stream(raw, DONE)))
    assert (sample.status, len(sample.event_times_ns)) == (Status.OK, 1)


async def test_M8_stream_without_terminator_is_an_error(bench: Bench) -> None:
    sample = await bench.ask(answering(stream(delta(content="a"), delta(content="b"))))
    assert (sample.status, sample.error_class) == (Status.ERROR, ErrorClass.TRUNCATED)
    assert sample.end_ns >= sample.event_times_ns[-1]


async def test_a_finish_reason_ends_a_stream_whose_server_never_says_done(bench: Bench) -> None:
    sample = await bench.ask(answering(stream(delta(content="a"), delta("length"))))
    assert (sample.status, sample.finish_reason) == (Status.OK, "length")
    assert (sample.completion_tokens, sample.token_source) == (1, TokenSource.EVENTS)


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


async def test_the_terminator_makes_a_stream_whole_even_if_the_last_chunk_is_missing(bench: Bench) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(HEAD + chunked(delta(content="a")) + chunked(DONE))

    assert (await bench.ask(handler)).status is Status.OK


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


async def test_M7_reasoning_is_the_first_token_but_not_the_answer(bench: Bench) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(
            HEAD + chunked(delta(role="assistant", content="")) + chunked(delta(reasoning_content="hmm"))
        )
        await bench.reads(1)
        await peer.send(chunked(delta(reasoning="more", content=None)) + chunked(delta(content="Yes")))
        details = {
            "completion_tokens_details": {"reasoning_tokens": 2},
            "prompt_tokens_details": {"cached_tokens": 4},
        }
        await peer.send(chunked(usage(5, 3, **details)) + chunked(DONE) + END)

    sample = await bench.ask(handler)
    assert sample.status is Status.OK
    assert sample.first_ns == sample.event_times_ns[0] < sample.first_answer_ns == sample.event_times_ns[2]
    assert (sample.reasoning_tokens, sample.cached_tokens, sample.event_tokens) == (2, 4, [1, 1, 1])


@pytest.mark.parametrize("field", ["tool_calls", "function_call", "refusal"])
async def test_M7_every_channel_is_payload(bench: Bench, field: str) -> None:
    value = {"tool_calls": [{"index": 0}], "function_call": {"name": "f"}, "refusal": "no"}[field]
    sample = await bench.ask(answering(stream(delta(**{field: value}), DONE)))
    assert (sample.status, len(sample.event_times_ns)) == (Status.OK, 1)


async def test_M5_tokens_come_from_usage_not_from_events(bench: Bench) -> None:
    sample = await bench.ask(answering(stream(delta(content="12345678"), delta(content="12"), usage(5, 7), DONE)))
    assert (sample.completion_tokens, sample.token_source) == (7, TokenSource.SERVER)
    assert sample.event_tokens == [5, 2]


async def test_M6_events_of_one_read_are_counted_as_coalesced(bench: Bench) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(HEAD + chunked(delta(content="a")))
        await bench.reads(1)
        await peer.send(chunked(delta(content="b") + delta(content="c")))
        await peer.send(chunked(DONE) + END)

    sample = await bench.ask(handler)
    assert sample.coalesced_reads == 1
    assert sample.event_times_ns[1] == sample.event_times_ns[2]


async def test_M4_the_end_is_the_last_token_not_usage_done_or_close(bench: Bench) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(HEAD + chunked(delta(content="a")))
        await bench.reads(1)
        await peer.send(chunked(usage(1, 1)) + chunked(DONE) + END)

    sample = await bench.ask(handler)
    assert sample.end_ns == sample.first_ns == sample.event_times_ns[-1]


async def test_M18_a_trickling_stream_meets_its_deadline(bench: Bench) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(HEAD)
        while True:
            await peer.send(chunked(delta(content="a")))
            await asyncio.sleep(0.01)

    sample = await bench.ask(handler, timeout=0.3)
    assert (sample.status, sample.error_class) == (Status.ERROR, ErrorClass.TIMEOUT)
    assert sample.end_ns - sample.start_ns >= 250_000_000
    assert len(sample.event_times_ns) > 2


async def test_a_server_that_never_answers_meets_the_deadline(bench: Bench) -> None:
    sample = await bench.ask(lambda peer: peer.closed(), timeout=0.1)
    assert (sample.error_class, sample.http_status, sample.first_ns) == (ErrorClass.TIMEOUT, 0, -1)


async def test_a_connection_closed_without_a_response_is_a_connect_error(bench: Bench) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()

    sample = await bench.ask(handler)
    assert (sample.error_class, sample.http_status) == (ErrorClass.CONNECT, 0)


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


async def test_json_instead_of_a_stream_is_a_protocol_error(bench: Bench) -> None:
    body = b'{"choices":[{"message":{"content":"x"}}]}'
    sample = await bench.ask(answering(plain("200 OK", body, "content-type: application/json")))
    assert sample.error_class is ErrorClass.PROTOCOL
    assert "application/json" in sample.error_message


async def test_completions_speak_of_text(bench: Bench) -> None:
    chunks = [event({"choices": [{"text": text, "finish_reason": None}]}) for text in ("", "a", "b")]
    sample = await bench.ask(answering(stream(*chunks, DONE)), adapter="openai-completions")
    assert (sample.status, len(sample.event_times_ns)) == (Status.OK, 2)


async def test_a_long_stream_is_decoded_in_pieces(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "FOLD_BYTES", 2000)
    texts = [chunked(delta(content=f"t{i}")) for i in range(500)]
    sample = await bench.ask(answering(HEAD + b"".join(texts) + chunked(usage(1, 500)) + chunked(DONE) + END))
    assert (sample.status, sample.event_tokens) == (Status.OK, [1] * 500)


async def test_a_body_without_end_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MAX_BODY_BYTES", 10_000)

    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await peer.send(b"x" * 1000)

    assert (await bench.ask(handler, stream=False)).error_class is ErrorClass.PROTOCOL


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


async def test_M3_tls_connects_before_the_clock_starts(bench: Bench, certificate: tuple[Path, Path]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    context.set_alpn_protocols(["h2", "http/1.1"])
    protocols: list[str | None] = []

    async def handler(peer: Peer) -> None:
        protocols.append(peer.writer.get_extra_info("ssl_object").selected_alpn_protocol())
        while True:
            await peer.request()
            await peer.send_bytewise(WHOLE)

    server = await bench.serve(handler, context=context)
    client = bench.engine(f"https://127.0.0.1:{server.port}", tls_verify=False)
    first, second = await client.ask(), await client.ask()
    assert (first.status, first.event_tokens, first.reused) == (Status.OK, [1, 1], False)
    assert first.tls_ns > 0
    assert first.start_ns - first.scheduled_ns >= first.connect_ns + first.tls_ns
    assert (second.status, second.tls_ns, second.reused) == (Status.OK, -1, True)
    assert protocols == ["http/1.1"]


async def test_an_unknown_certificate_is_a_tls_error(bench: Bench, certificate: tuple[Path, Path]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server = await bench.serve(answering(WHOLE), context=context)
    sample = await bench.engine(f"https://127.0.0.1:{server.port}").ask()
    assert sample.error_class is ErrorClass.TLS
    assert "self-signed certificate" in sample.error_message


async def test_a_server_without_tls_is_a_tls_error(bench: Bench) -> None:
    async def handler(peer: Peer) -> None:
        await peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    server = await bench.serve(handler)
    sample = await bench.engine(f"https://127.0.0.1:{server.port}").ask()
    assert sample.error_class is ErrorClass.TLS
