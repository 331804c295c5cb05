import io
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcell import dataset
from loadcell.dataset import DatasetError, DatasetReader, Row, parse_row, read_rows

CALL = {"role": "assistant", "content": None, "tool_calls": []}
GOOD = b"""{"prompt": "a"}
{"messages": [{"role": "user", "content": "x"}], "output_len": 5}

{"prompt": "b\xe2\x80\xa8c", "output_len": null}"""
ROWS = [
    Row("a", None, None),
    Row(None, [{"role": "user", "content": "x"}], 5),
    Row("b\u2028c", None, None),
]


def read(content: bytes, cuts: list[int]) -> list[Row]:
    reader, rows = DatasetReader("f.jsonl"), []
    for first, last in pairwise([0, *sorted(cuts), len(content)]):
        rows += reader.feed(content[first:last])
    return rows + reader.finish()


@given(st.lists(st.integers(0, len(GOOD)), max_size=6))
def test_rows_are_the_same_however_the_bytes_are_cut(cuts):
    assert read(GOOD, cuts) == ROWS


@given(st.lists(st.integers(0, len(GOOD)), max_size=6))
def test_a_byte_order_mark_is_no_part_of_the_first_line(cuts):
    assert read(b"\xef\xbb\xbf" + GOOD, cuts) == ROWS
    with pytest.raises(DatasetError, match="line 2: not JSON"):
        read(b'{"prompt": "a"}\n\xef\xbb\xbf{"prompt": "a"}', [])


@given(st.lists(st.integers(0, len(GOOD)), max_size=6))
def test_a_bad_line_is_named_however_the_bytes_are_cut(cuts):
    with pytest.raises(DatasetError, match=r"^f\.jsonl line 5: not a JSON object$") as caught:
        read(GOOD + b"\n[1]\n", cuts)
    assert caught.value.line == 5


def test_a_file_is_read_to_its_end():
    assert list(read_rows(io.BytesIO(GOOD), "f")) == ROWS


def test_content_of_a_tool_call_may_be_null():
    assert parse_row(b'{"messages": [{"role": "assistant", "content": null, "tool_calls": []}]}').messages == [
        CALL
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"{}", 'needs either "prompt" or "messages"'),
        (b'{"prompt": "a", "messages": []}', 'needs either "prompt" or "messages"'),
        (b'{"prompt": 5}', '"prompt" must be a text'),
        (b'{"prompt": ""}', '"prompt" must be a text'),
        (b'{"prompt": null}', '"prompt" must be a text'),
        (b'{"messages": []}', '"messages" must be a list'),
        (b'{"messages": [{"content": "x"}]}', 'message 0 must be an object with a "role"'),
        (b'{"messages": [{"role": "user"}]}', 'message 0 must have a "content"'),
        (b'{"messages": [{"role": "user", "content": 5}]}', 'message 0 must have a "content"'),
        (b'{"prompt": "a", "output_len": 0}', '"output_len" must be'),
        (b'{"prompt": "a", "output_len": 1000001}', '"output_len" must be'),
        (b'{"prompt": "a", "output_len": true}', '"output_len" must be'),
        (b'{"prompt": "a", "promt": 1}', 'unknown field "promt"'),
    ],
)
def test_what_cannot_be_used_is_refused(line, why):
    with pytest.raises(ValueError, match=why):
        parse_row(line)


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_a_dataset_without_rows_is_refused(content):
    with pytest.raises(DatasetError, match="has no rows"):
        read(content, [])


def test_a_line_without_end_is_refused_before_it_fills_memory(monkeypatch):
    monkeypatch.setattr(dataset, "MAX_LINE_BYTES", 10)
    reader = DatasetReader("f.jsonl")
    reader.feed(b"{}".rjust(9))
    with pytest.raises(DatasetError, match="more than 10 bytes"):
        reader.feed(b"xx")
