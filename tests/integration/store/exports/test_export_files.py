"""What files of exports hold, and how they are read."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable

import pytest
from pyarrow import parquet

from controller.exports.formats.columns import time_text
from loadcell.errors import LoadcellError
from loadcell.v1 import export_pb2
from tests.integration.store.exports.exporting import in_order
from tests.integration.store.random_traces import NOW

FIELDS = ["ts", "trace_id", "model", "total_cost_usd", "tags", "attributes.team", "error_message"]


async def test_each_format_holds_every_trace_in_the_order_of_time(make, stored, monkeypatch):
    monkeypatch.setattr("controller.exports.asked.PAGE_TRACES", 37)
    controller = await make()
    wanted = in_order(stored)
    found = json.loads(await controller.file(format="json"))
    assert [trace["trace_id"] for trace in found] == [trace["trace_id"] for trace in wanted]
    for trace, want in zip(found, wanted, strict=True):
        same = {name: value for name, value in want.items() if name not in ("ts", "scheduled_time")}
        assert {name: trace.get(name) for name in same} == same
        assert trace.keys() == want.keys()
    lines = gzip.decompress(await controller.file(format="jsonl", compression="gzip")).splitlines()
    assert [json.loads(line) for line in lines] == found
    table = parquet.read_table(io.BytesIO(await controller.file(format="parquet", compression="zstd")))
    assert table["trace_id"].to_pylist() == [trace["trace_id"] for trace in wanted]
    assert table["duration_ms"].to_pylist() == [trace.get("duration_ms") for trace in wanted]
    text = (await controller.file(format="csv", fields=FIELDS)).decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert list(rows[0]) == FIELDS
    assert [row["trace_id"] for row in rows] == [trace["trace_id"] for trace in wanted]
    for row, want in zip(rows, wanted, strict=True):
        assert row["attributes.team"] == want["attributes"].get("team", "")
        assert row["error_message"] == want.get("error_message", "")
        assert (json.loads(row["tags"]) if row["tags"] else None) == want.get("tags")
    assert all(name.count("-") == 5 for name in controller.files())
    assert len(controller.files()) == 4


FILTERS: list[tuple[dict[str, str], Callable[[dict], bool]]] = [
    ({"model": "gpt-4o"}, lambda t: t["model"] == "gpt-4o"),
    ({"project_id": "p1", "provider": "openai"}, lambda t: t["project_id"] == "p1"),
    ({"status_code": "error"}, lambda t: t["status_code"] == "ERROR"),
    ({"status_code": "429"}, lambda t: t.get("http_status") == 429),
    ({"environment": "production", "user_id": "u1"}, lambda t: t.get("user_id") == "u1"),
    ({"run_id": "run-3"}, lambda t: t["run_id"] == "run-3"),
    ({"model": "' OR 1=1 --"}, lambda t: False),
    # The end is no part of the range: some began then.
    (
        {"start_time": time_text(NOW - 7_200_000_000), "end_time": time_text(NOW)},
        lambda t: NOW - 7_200_000_000 <= t["ts"] < NOW,
    ),
]


async def test_filters_mean_what_they_mean_in_lists(make, stored):
    controller = await make()
    for request, fits in FILTERS:
        found = json.loads(await controller.file(format="json", fields=["trace_id"], **request))
        assert [trace["trace_id"] for trace in found] == [trace["trace_id"] for trace in in_order(stored, fits)]


async def test_no_more_than_the_limit_and_those_that_began_first(make, stored, monkeypatch):
    monkeypatch.setattr("controller.exports.asked.PAGE_TRACES", 20)
    controller = await make()
    found = json.loads(await controller.file(format="json", limit=50))
    assert [trace["trace_id"] for trace in found] == [trace["trace_id"] for trace in in_order(stored)][:50]
    assert (await controller.service.ListExportJobs(export_pb2.ListExportJobsRequest(), None)).data[
        0
    ].trace_count == 50


async def test_files_are_read_from_any_place_on(make, stored, monkeypatch):
    monkeypatch.setattr("controller.exports.places.PIECE_BYTES", 1_000)
    controller = await make()
    whole = await controller.file(format="jsonl")
    job_id = (await controller.service.ListExportJobs(export_pb2.ListExportJobsRequest(), None)).data[0].job_id
    for part, wanted in (
        ({"offset": 10}, whole[10:]),
        ({"offset": 10, "length": 2_500}, whole[10:2_510]),
        ({"offset": len(whole) - 1}, whole[-1:]),
        ({"offset": len(whole)}, b""),
        ({"length": 10**9}, whole),
    ):
        pieces = await controller.download(job_id, **part)
        assert b"".join(piece.data for piece in pieces) == wanted
        assert pieces[0].total_bytes == len(whole)
        first = part.get("offset", 0)
        assert [piece.offset for piece in pieces] == [first + 1_000 * number for number in range(len(pieces))]
    for part in ({"offset": len(whole) + 1}, {"offset": -1}, {"length": -1}):
        with pytest.raises(LoadcellError) as refused:
            await controller.download(job_id, **part)
        assert (refused.value.reason, refused.value.field) == ("INVALID_FIELD_VALUE", next(iter(part)))
