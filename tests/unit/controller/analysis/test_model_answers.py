"""What a model says, out of the bytes of its server."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.analysis.chunks import MAX_LINE_BYTES, ChunkError, Chunks, Delta
from controller.analysis.thoughts import Piece, Thoughts


def heard(pieces: list[str], *, expected: bool = False) -> list[Piece]:
    """What is passed on of a text in pieces, those that follow one another joined."""
    thoughts = Thoughts(expected=expected)
    found: list[Piece] = []
    for piece in [
        *thoughts.begin(),
        *(out for text in pieces for out in thoughts.said(text)),
        *thoughts.end(),
    ]:
        if isinstance(piece, str) and found and isinstance(found[-1], str):
            found[-1] += piece
        else:
            found.append(piece)
    return found


@given(st.data(), st.booleans())
def test_thoughts_are_kept_out_wherever_the_text_is_cut(data, marked) -> None:
    text = ("<think>" if marked else "") + "hm < / > </thin </think>\n\nThe <b>answer</b> is </4."
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert heard(pieces, expected=not marked) == [True, False, "The <b>answer</b> is </4."]


@given(st.lists(st.text("<think>/ a", max_size=4), max_size=6))
def test_nothing_is_lost_of_who_does_not_think(pieces) -> None:
    text = "".join(pieces)
    if "</think>" in text or text.lstrip().startswith("<think>"):
        return
    assert heard(pieces) == ([text] if text else [])
    # Nor of who was expected to.
    assert heard(pieces, expected=True) == [True, False, *([text] if text else [])]


def test_thoughts_without_an_end_are_no_answer() -> None:
    assert heard(["<think>and on", " and on"]) == [True, False]


def test_thoughts_that_the_server_tells_apart() -> None:
    thoughts = Thoughts(expected=False)
    assert [*thoughts.begin(), *thoughts.thought(), *thoughts.thought()] == [True]
    assert [*thoughts.said("\n"), *thoughts.said("yes")] == [False, "yes"]
    assert [*thoughts.thought(), *thoughts.said(" <think>"), *thoughts.end()] == [" <think>"]


def event(delta: dict | None = None, **choice: object) -> bytes:
    return b"data: " + orjson.dumps({"choices": [{"index": 0, "delta": delta or {}, **choice}]}) + b"\r\n\r\n"


STREAM = (
    b": keep-alive\n\n"
    + event({"role": "assistant", "content": ""})
    + event({"reasoning_content": "hm"})
    + event({"content": "line\u2028separator \u00e9"})
    + b'data:{"choices":[],"usage":{"total_tokens":3}}\n\n'
    + event({"content": "!"}, finish_reason="stop")
    + b"data: [DONE]\n\n"
)


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_F19_events_are_read_wherever_the_bytes_are_cut(cuts) -> None:
    cuts = sorted(cuts)
    chunks = Chunks()
    found = [
        delta
        for start, end in zip([0, *cuts], [*cuts, len(STREAM)], strict=True)
        for delta in chunks.feed(STREAM[start:end])
    ]
    assert found == [Delta(thought=True), Delta("line\u2028separator \u00e9"), Delta("!")]
    assert chunks.complete


@pytest.mark.parametrize(
    ("stream", "why"),
    [
        (b'data: {"error": {"message": "secret of somebody else"}}\n', "the model failed while it wrote"),
        (b"data: nonsense\n", "an event is not JSON"),
        (b"data: []\n", "an event is no JSON object"),
        (b'data: {"choices": [{"delta": {"content": "\\ud83d"}}]}\n', "an event is not JSON"),
        (b"data: " + b"x" * MAX_LINE_BYTES, "an event is longer than 1,048,576 bytes"),
    ],
)
def test_streams_that_are_no_answer(stream, why) -> None:
    with pytest.raises(ChunkError) as refused:
        list(Chunks().feed(stream))
    assert str(refused.value) == why


@pytest.mark.parametrize("odd", [b'{"choices": "x"}', b'{"choices": [1]}', b'{"choices": [{"delta": 3}]}', b"{}"])
def test_odd_events_add_nothing(odd) -> None:
    chunks = Chunks()
    assert list(chunks.feed(b"data: " + odd + b"\n")) == []
    assert not chunks.complete
