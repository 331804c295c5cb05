"""How a stream of events is read, over real sockets."""

from __future__ import annotations

import json

import pytest
from scripted_server import DONE, END, HEAD, WHOLE, Bench, Peer, answering, chunked, delta, event, stream, usage

from agent.samples.outcome import ErrorClass, Status, TokenSource
from agent.samples.sample import Uncounted


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


async def test_a_finish_reason_ends_a_stream_whose_server_never_says_done(bench: Bench) -> None:
    sample = await bench.ask(answering(stream(delta(content="a"), delta("length"))))
    assert (sample.status, sample.finish_reason) == (Status.OK, "length")
    assert (sample.completion_tokens, sample.token_source) == (1, TokenSource.EVENTS)


async def test_the_terminator_makes_a_stream_whole_even_if_the_last_chunk_is_missing(bench: Bench) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(HEAD + chunked(delta(content="a")) + chunked(DONE))

    assert (await bench.ask(handler)).status is Status.OK


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


async def test_completions_speak_of_text(bench: Bench) -> None:
    chunks = [event({"choices": [{"text": text, "finish_reason": None}]}) for text in ("", "a", "b")]
    sample = await bench.ask(answering(stream(*chunks, DONE)), adapter="openai-completions")
    assert (sample.status, len(sample.event_times_ns)) == (Status.OK, 2)


async def test_a_long_stream_is_read_in_pieces(bench: Bench) -> None:
    texts = [chunked(delta(content=f"t{i}")) for i in range(500)]
    sample = await bench.ask(answering(HEAD + b"".join(texts) + chunked(usage(1, 500)) + chunked(DONE) + END))
    assert (sample.status, sample.event_tokens) == (Status.OK, [1] * 500)


async def test_the_text_is_kept_only_when_the_server_has_not_counted(bench: Bench) -> None:
    silent = stream(delta(content="Hel"), delta(content="lo"), delta("stop"), DONE)
    kept = await bench.ask(answering(silent), keep_text=True)
    assert kept.uncounted == Uncounted(b"Hello", [3, 2])
    assert (await bench.ask(answering(WHOLE), keep_text=True)).uncounted is None
    assert (await bench.ask(answering(silent))).uncounted is None


async def test_a_text_beyond_the_bound_is_not_kept(bench: Bench) -> None:
    long = delta(content="x" * 300_000)
    sample = await bench.ask(answering(stream(long, long, long, long, delta("stop"), DONE)), keep_text=True)
    assert (sample.status, sample.uncounted, sample.event_tokens) == (Status.OK, None, [1, 1, 1, 1])
