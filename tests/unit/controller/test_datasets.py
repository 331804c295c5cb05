"""Uploads are checked while they arrive."""

from __future__ import annotations

import pytest

from controller import assets
from controller.assets import Upload, receive
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


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (run_pb2.ASSET_KIND_DATASET, "MALFORMED_DATASET"),
        (run_pb2.ASSET_KIND_UNSPECIFIED, "MISSING_REQUIRED_FIELD"),
    ],
)
async def test_upload_is_read_to_its_end_before_it_is_refused(kind, reason):
    """gRPC may tell a caller who is still sending of an internal error instead."""
    sent = []

    async def upload():
        for number in range(5):
            sent.append(number)
            yield run_pb2.UploadAssetRequest(kind=kind, data=b"not JSON\n")

    with pytest.raises(LoadcellError) as refused:
        await receive(upload())
    assert refused.value.reason == reason
    assert sent == [0, 1, 2, 3, 4]


async def test_refused_upload_is_not_read_for_ever(monkeypatch):
    monkeypatch.setattr(assets, "MAX_ASSET_BYTES", 1_000)
    sent = []

    async def upload():
        while True:
            sent.append(1)
            yield run_pb2.UploadAssetRequest(kind=run_pb2.ASSET_KIND_DATASET, data=b"x" * 500)

    with pytest.raises(LoadcellError) as refused:
        await receive(upload())
    assert refused.value.reason == "PAYLOAD_TOO_LARGE"
    assert len(sent) < 10
