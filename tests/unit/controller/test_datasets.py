"""Uploads are checked while they arrive."""

from __future__ import annotations

import pytest

from controller import assets
from controller.assets import Upload
from loadcell.errors import LoadcellError
from loadcell.v1 import run_pb2


def upload(*pieces: bytes) -> None:
    with Upload(run_pb2.ASSET_KIND_DATASET, "f.jsonl") as made:
        for piece in pieces:
            made.add(piece)
        made.finish()


@pytest.mark.parametrize(("pieces", "line"), [((b'{"pro', b'mpt": 5}\n'), "1"), ((b"\n", b"[]"), "2"), ((), "0")])
def test_a_malformed_dataset_is_refused_with_its_line(pieces, line):
    with pytest.raises(LoadcellError, match=r"^f\.jsonl ") as refused:
        upload(*pieces)
    assert refused.value.reason == "MALFORMED_DATASET"
    assert refused.value.metadata == {"line": line, "filename": "f.jsonl"}


def test_size_is_bounded(monkeypatch):
    monkeypatch.setattr(assets, "MAX_ASSET_BYTES", 10)
    with Upload(run_pb2.ASSET_KIND_TOKENIZER, "t.json") as made:
        made.add(b"1234567890")
        with pytest.raises(LoadcellError) as refused:
            made.add(b"1")
    assert refused.value.reason == "PAYLOAD_TOO_LARGE"
