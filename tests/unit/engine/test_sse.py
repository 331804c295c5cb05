from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.engine import sse
from agent.engine.sse import SseError, SseSplitter


def split(*chunks: bytes) -> list[bytes]:
    splitter = SseSplitter()
    return [event for chunk in chunks for event in splitter.feed(chunk)]


def by_the_standard(stream: bytes) -> list[bytes]:
    """The algorithm of the HTML standard, 9.2.6, line by line and character by character."""
    stream = stream.removeprefix(b"\xef\xbb\xbf")
    events, data, line, i = [], b"", b"", 0
    while i < len(stream):
        byte = stream[i : i + 1]
        i += 1
        if byte not in (b"\r", b"\n"):
            line += byte
            continue
        if byte == b"\r" and stream[i : i + 1] == b"\n":
            i += 1
        name, _, value = line.partition(b":")
        if not line:
            if data:
                events.append(data[:-1])
            data = b""
        elif name == b"data":
            data += value.removeprefix(b" ") + b"\n"
        line = b""
    return events


LINES = st.sampled_from(
    [
        b"data: x",
        b"data:y",
        b"data",
        b"data:  two",
        b"dataset: no",
        b": ping",
        b"event: e",
        b"id: 1",
        b"retry: 5",
        b"",
    ]
) | st.binary(max_size=12)
STREAMS = st.builds(
    lambda mark, parts: mark + b"".join(line + end for line, end in parts),
    st.sampled_from([b"", b"\xef\xbb\xbf", b"\xef\xbb", b"\xef"]),
    st.lists(
        st.tuples(LINES, st.sampled_from([b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r", b"\r\n\r\n", b""])), max_size=12
    ),
)


@given(STREAMS, st.lists(st.integers(0, 200), max_size=12))
def test_any_split_of_any_stream_gives_the_events_of_the_standard(stream: bytes, cuts: list[int]) -> None:
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    chunks = [stream[a:b] for a, b in pairwise(edges)]
    # Bytes held back as a possible byte order mark cannot end an event, so nothing is lost with them.
    assert split(*chunks) == by_the_standard(stream)


@given(STREAMS)
def test_one_byte_at_a_time_gives_the_events_of_the_standard(stream: bytes) -> None:
    assert split(*(stream[i : i + 1] for i in range(len(stream)))) == by_the_standard(stream)


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c"])
def test_M9_only_cr_and_lf_end_a_line(separator: str) -> None:
    data = f'{{"a":"x{separator}y"}}'.encode()
    assert split(b"data: " + data + b"\n\n") == [data]


def test_M8_data_without_a_space_is_data() -> None:
    assert split(b"data:{}\n\n") == [b"{}"]


def test_several_events_in_one_chunk() -> None:
    assert split(b"data: 1\n\n: ping\n\ndata: 2\n\n\n\nevent: x\ndata: 3\ndata: 4\n\ndata: 5\n") == [
        b"1",
        b"2",
        b"3\n4",
    ]


def test_an_event_that_is_cut_off_is_not_dispatched() -> None:
    assert split(b"data: 1\n\ndata: 2\n") == [b"1"]


def test_an_event_that_never_ends_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 1000)
    splitter = SseSplitter()
    assert splitter.feed(b"data: 123456\n" * 75) == []
    with pytest.raises(SseError):
        splitter.feed(b"data: 123456\n" * 120)


def test_a_long_stream_of_small_events_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 1000)
    # Every chunk ends within an event, so the splitter never holds nothing.
    events = split(b"data: 1", *[b"2345\n\ndata: 1"] * 500)
    assert events == [b"12345"] * 500


def test_comments_without_end_take_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 1000)
    assert split(*[b": ping\n"] * 1000) == []
