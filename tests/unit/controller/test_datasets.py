"""Datasets are checked line by line, however the bytes are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller import assets
from controller.assets import DatasetCheck, Upload
from loadcell.errors import LoadcellError
from loadcell.v1 import run_pb2

GOOD = b"""{"prompt": "a"}
{"messages": [{"role": "user", "content": "x"}], "output_len": 5, "id": 7}

{"prompt": "b", "output_len": null}"""


def problem(content: bytes, cuts: list[int] = ()) -> str:
    check = DatasetCheck("f.jsonl")
    try:
        for first, last in pairwise([0, *sorted(cuts), len(content)]):
            check.add(content[first:last])
        check.finish()
    except LoadcellError as error:
        return error.message if error.reason == "MALFORMED_DATASET" else repr(error)
    return ""


@given(st.lists(st.integers(0, len(GOOD)), max_size=6))
def test_good_dataset_is_good_however_it_is_cut(cuts):
    assert problem(GOOD, cuts) == ""


@given(st.lists(st.integers(0, len(GOOD)), max_size=6))
def test_bad_line_is_named_however_it_is_cut(cuts):
    assert problem(GOOD + b"\n[1]\n", cuts) == "f.jsonl line 5: not a JSON object"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"{}", 'needs either "prompt" or "messages"'),
        (b'{"prompt": "a", "messages": []}', 'needs either "prompt" or "messages"'),
        (b'{"prompt": 5}', '"prompt" must be a text'),
        (b'{"messages": []}', '"messages" must be a list'),
        (b'{"messages": [{"content": "x"}]}', 'message 0 must be an object with a "role"'),
        (b'{"messages": [{"role": "user", "content": 5}]}', 'message 0 must have a "content"'),
        (b'{"prompt": "a", "output_len": 0}', '"output_len" must be'),
        (b'{"prompt": "a", "output_len": true}', '"output_len" must be'),
        (b"", "has no entries"),
    ],
)
def test_bad_lines(line, why):
    assert why in problem(line)


def test_sizes_are_bounded(monkeypatch):
    monkeypatch.setattr(assets, "MAX_LINE_BYTES", 10)
    assert "more than 10 bytes" in problem(b"x" * 11)
    monkeypatch.setattr(assets, "MAX_ASSET_BYTES", 10)
    with Upload(run_pb2.ASSET_KIND_TOKENIZER, "t.json") as upload:
        upload.add(b"1234567890")
        with pytest.raises(LoadcellError) as refused:
            upload.add(b"1")
    assert refused.value.reason == "PAYLOAD_TOO_LARGE"
