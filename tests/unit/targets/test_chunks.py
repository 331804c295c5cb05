"""What servers say, event by event."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.engine.sse import SseSplitter
from agent.targets import chunks
from agent.targets.answer import MAX_COUNT, Answer


def read(*events: bytes | dict[str, object]) -> Answer:
    """Fold events received at times 1, 2, 3, ..."""
    answer = Answer()
    for number, one in enumerate(events, 1):
        data = one if isinstance(one, bytes) else json.dumps(one).encode()
        chunks.read_events(answer, [data], number)
    return answer


def read_as_one(*events: bytes, text: bytearray | None = None) -> Answer:
    """Fold a first event, then all others as they come in one read at time 2."""
    answer = Answer(text=text)
    chunks.read_events(answer, list(events[:1]), 1)
    rest = answer.take_texts(b"".join(b"data: %s\n\n" % data for data in events[1:]), 2)
    chunks.read_events(answer, SseSplitter().feed(rest), 2)
    return answer


def chat(finish_reason: str | None = None, **delta: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]}


# One stream of each server, shortened to what differs.
STREAMS = {
    "vllm": [
        chat(role="assistant", content=""),
        chat(content="a"),
        chat(content="b"),
        {**chat("stop", content=""), "usage": None},
        {"choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 2, "prompt_tokens_details": None}},
        b"[DONE]",
    ],
    "sglang": [
        chat(role="assistant", content="", reasoning_content=None, tool_calls=None),
        chat(content="a", reasoning_content=None),
        chat(content="b", reasoning_content=None),
        {"choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 2, "reasoning_tokens": 0}},
        b"[DONE]",
    ],
    "llama.cpp": [
        chat(role="assistant", content=None),
        chat(content="a"),
        chat(content="b"),
        chat("stop"),
        {"choices": [], "usage": {"completion_tokens": 2, "prompt_tokens": 4}, "timings": {"predicted_ms": 1.5}},
        b"[DONE]",
    ],
    "ollama": [
        chat(role="assistant", content="a"),
        chat(role="assistant", content="b"),
        chat("stop", role="assistant", content=""),
        {"choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6}},
        b"[DONE]",
    ],
    "litellm": [
        {"citations": None, **chat(role="assistant", content="a", audio=None, refusal=None)},
        chat(content="b"),
        chat("stop"),
        {"choices": [{"index": 0, "delta": {}}], "usage": {"completion_tokens": 2, "prompt_tokens": 4}},
        b"[DONE]",
    ],
    "tgi": [
        {**chat(role="assistant", content="a", tool_calls=None), "usage": None},
        {**chat("length", role="assistant", content="b"), "usage": None},
        {"choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6}},
        b"[DONE]",
    ],
    "usage in every event": [
        {**chat(content="a"), "usage": {"prompt_tokens": 4, "completion_tokens": 1}},
        {**chat(content="b"), "usage": {"prompt_tokens": 4, "completion_tokens": 2}},
        b" [DONE] ",
    ],
}


@pytest.mark.parametrize("server", STREAMS)
def test_the_stream_of_each_server(server: str) -> None:
    answer = read(*STREAMS[server])
    assert len(answer.times_ns) == 2
    assert (answer.prompt_tokens, answer.completion_tokens) == (4, 2)
    assert answer.terminated
    assert (answer.error, answer.problem) == (None, None)


def test_M7_only_payload_is_a_first_token() -> None:
    answer = read(
        chat(role="assistant"), chat(content=""), {"choices": []}, {"choices": None}, b"", chat(reasoning="x")
    )
    assert (answer.times_ns, answer.first_answer_ns, answer.reasoning_seen) == ([6], -1, True)


def test_nothing_counts_after_the_terminator_or_an_error() -> None:
    assert read(chat(content="a"), chat(content="a"), b"[DONE]", chat(content="a")).times_ns == [1, 2]
    assert read(chat(content="a"), chat(content="a"), {"error": "x"}, chat(content="a")).times_ns == [1, 2]
    assert read(chat(content="a"), chat(content="a"), b"{", chat(content="a")).times_ns == [1, 2]


def test_counts_of_a_stranger_fit_32_bits() -> None:
    answer = read({"choices": [], "usage": {"prompt_tokens": 2**60, "completion_tokens": -5}})
    assert (answer.prompt_tokens, answer.completion_tokens) == (MAX_COUNT, -1)


def test_content_in_parts_is_payload() -> None:
    assert read(chat(content=[{"type": "text", "text": "a"}])).has_payload


TEXTS = st.lists(st.text(max_size=8), max_size=12)
FIELDS = st.sampled_from(["content", "reasoning_content", "reasoning", "refusal"])


@given(TEXTS, FIELDS, st.booleans(), st.booleans(), st.data())
def test_events_of_one_shape_read_the_same_as_each_alone(
    texts: list[str], field: str, ascii_only: bool, compact: bool, data: st.DataObject
) -> None:
    separators = (",", ":") if compact else None
    model = data.draw(st.text(max_size=5))
    events = [
        json.dumps({"model": model, **chat(**{field: t})}, ensure_ascii=ascii_only, separators=separators).encode()
        for t in texts
    ]
    together, alone = read_as_one(*events), read(*events)
    together.shape = alone.shape = None
    alone.times_ns = [min(time, 2) for time in alone.times_ns]
    alone.first_answer_ns = min(alone.first_answer_ns, 2)
    assert together == alone
    assert together.weights == [len(t.encode()) for t in texts if t]


def test_a_shape_is_not_learned_from_another_field() -> None:
    tricky = b'{"content":"a","choices":[{"delta":{"content":"b"}}]}'
    assert read_as_one(tricky, tricky.replace(b'"a"', b'"c"').replace(b'"b"', b'""')).times_ns == [1]


def test_an_event_cut_off_by_the_end_of_a_read_is_left_for_the_next() -> None:
    events = [b'{"choices":[{"delta":{"content":"%s"}}]}' % text for text in (b"a", b"b", b"c")]
    answer = read(events[0])
    stream = b"".join(b"data: %s\n\n" % data for data in events)
    for cut in range(len(stream)):
        shape = answer.shape
        assert shape is not None
        texts, rest = shape.split(stream[:cut])
        assert b"".join(b"data: %s\n\n" % data for data in events[: len(texts)]) + rest == stream[:cut]
        assert len(texts) == stream[:cut].count(b"\n\n")


HOSTILE = st.one_of(
    st.binary(max_size=12),
    st.integers(500, 60_000).map(lambda depth: b'"a":' + b"[" * depth),
    st.integers(100, 3_000).map(lambda depth: b'"},"tool_calls":' + b"[" * depth + b"]" * depth),
)
TEMPLATES = st.sampled_from(
    [
        b"%s",
        b'{"choices":[{"delta":{"content":"%s"}}]}',
        b'{"choices":[{"delta":{%s}}]}',
        b'{"choices":[{"message":{"content":"%s"}}],"usage":{"prompt_tokens":1}}',
        b'{"error":{"message":"%s"}}',
        b'{"error":{"message":{"%s"}}}',
        b'{"detail":[%s]}',
    ]
)


@given(st.lists(st.tuples(TEMPLATES, HOSTILE), max_size=4))
def test_no_bytes_of_a_server_raise(pieces: list[tuple[bytes, bytes]]) -> None:
    events = [template % hostile for template, hostile in pieces]
    read(*events)
    for data in events:
        chunks.read_body(Answer(), data)
        assert isinstance(chunks.error_message(data), str)


@pytest.mark.parametrize("data", [b'{"choices":[{"delta":{"content":"\xe2\x82"}}]}', b'{"x":' + b"[" * 60_000])
def test_what_is_no_json_of_any_kind_is_a_problem(data: bytes) -> None:
    assert read(data).problem
    assert read(chat(content="a"), chat(content="b"), data).problem
    answer = Answer()
    chunks.read_body(answer, data)
    assert answer.problem


def test_a_learned_shape_does_not_let_damaged_text_through() -> None:
    good, bad = (b'{"choices":[{"delta":{"content":"%s"}}]}' % text for text in (b"a", b"\xe2\x82"))
    answer = read_as_one(good, bad, good)
    assert (answer.times_ns, answer.problem is None) == ([1], False)


def test_two_halves_of_a_character_in_two_events_are_no_text() -> None:
    good, head, tail = (b'{"choices":[{"delta":{"content":"%s"}}]}' % t for t in (b"a", b"\xe2\x82", b"\xac"))
    answer = read_as_one(good, head, tail)
    assert (answer.times_ns, answer.problem is None) == ([1], False)


def gathered(*events: dict[str, object]) -> str:
    answer = read_as_one(*(json.dumps(e, ensure_ascii=False).encode() for e in events), text=bytearray())
    assert answer.problem is None
    assert answer.text is not None
    return answer.text.decode()


def test_the_text_of_all_channels_is_gathered_for_a_tokenizer() -> None:
    call = {"index": 0, "id": "call_7", "type": "function", "function": {"name": "find", "arguments": '{"a":'}}
    more = {"index": 0, "function": {"arguments": "1}"}}
    events = [
        chat(role="assistant", content=""),
        chat(reasoning_content="I "),
        chat(reasoning="think "),
        chat(content="a"),
        chat(content="b\u2028"),  # has the shape of the one before
        chat(content='say "c"\n'),
        chat(content=[{"type": "text", "text": "d"}]),
        chat(refusal="no"),
        chat(tool_calls=[call]),
        chat("tool_calls", tool_calls=[more]),
    ]
    assert gathered(*events) == 'I think ab\u2028say "c"\ndnofind{"a":1}'
    assert gathered({"choices": [{"text": "x"}]}, {"choices": [{"text": "y"}]}) == "xy"


def test_the_text_of_a_whole_body_is_gathered_for_a_tokenizer() -> None:
    answer = Answer(text=bytearray())
    message = {"content": "b", "reasoning_content": "a"}
    chunks.read_body(answer, json.dumps({"choices": [{"message": message}]}).encode())
    assert answer.text == b"ab"


def test_no_text_is_kept_for_nobody() -> None:
    assert read(chat(content="a"), chat(content="b")).text is None
