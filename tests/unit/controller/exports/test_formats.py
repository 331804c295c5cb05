"""What is written in a format is read back by readers that know nothing of the writers."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from pyarrow import parquet

from controller.exports.formats.choice import FORMATS, Choice
from controller.exports.formats.columns import columns_of
from controller.exports.formats.compression import COMPRESSIONS
from controller.exports.formats.csv import FORMULA_STARTS, guarded
from controller.exports.sink import HashingSink, TooLargeError
from controller.query.traces.fields import FIELDS
from controller.query.traces.record import Record
from controller.query.traces.selection import read_selection
from controller.trace_ids import RequestKey

TS = 1_790_000_000_123_456
TEXTS = ["plain", 'a "quoted", text', "line\nfeed\r\n", "\N{GRINNING FACE} été 日本", " ", "'", "0x1"]


def record(number: int, **values: object) -> Record:
    key = RequestKey(1, 0, 0, number, 1)
    shared = {name: values.pop(name) for name in ("attributes", "tags") if name in values}
    return Record(key, TS + number, shared, {"ts": TS + number, "trace_id": f"{number:032x}", **values})


RECORDS = [
    record(
        number,
        span_id=f"{number:016x}",
        model=TEXTS[number % len(TEXTS)],
        prompt_tokens=number if number % 3 else None,
        total_cost_usd=number / 7,
        duration_ms=0.1 + number,
        status_code="OK",
        warmup=number % 2 == 0,
        scheduled_time=TS - number,
        **({"tags": ["a", "b,c", "=x"]} if number % 2 else {}),
        **({"attributes": {"team": "x", "nested": {"a": [1, None]}, "b.c": "1"}} if number % 5 else {}),
    )
    for number in range(2_500)
]
FIELDS_ASKED = [
    "ts",
    "trace_id",
    "span_id",
    "model",
    "prompt_tokens",
    "total_cost_usd",
    "duration_ms",
    "status_code",
    "warmup",
    "scheduled_time",
    "tags",
    "attributes.team",
    "attributes.b.c",
    "attributes.nested",
    "user_id",
]


def write(choice: Choice, records: list[Record], fields: list[str]) -> bytes:
    file = io.BytesIO()
    sink = HashingSink(file, 10**9)
    with choice.writer(sink, columns_of(read_selection(fields))) as writer:
        for first in range(0, len(records), 700):
            writer.write(records[first : first + 700])
    assert sink.size == len(file.getvalue())
    return file.getvalue()


def plain(data: bytes, compression: str) -> bytes:
    if compression == "gzip":
        return gzip.decompress(data)
    if compression == "zstd":
        return pa.CompressedInputStream(pa.BufferReader(data), "zstd").read()
    if compression == "zip":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
            (name,) = archive.namelist()
            return archive.read(name)
    return data


def expected(one: Record) -> dict[str, object]:
    """A trace as the answers of the API have it."""
    document = {name: value for name, value in one.values.items() if value is not None}
    for name in ("ts", "scheduled_time"):
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=document[name])
        document[name] = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return document


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_json_has_what_the_answers_have(form, compression):
    text = plain(write(Choice(form, compression), RECORDS, FIELDS_ASKED), compression)
    found = json.loads(text) if form == "json" else [json.loads(line) for line in text.splitlines()]
    assert found == [expected(one) for one in RECORDS]
    assert list(found[1]) == [*FIELDS_ASKED[:11], "attributes"]


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_csv_has_one_line_for_each_trace_whatever_its_texts(compression):
    text = plain(write(Choice("csv", compression), RECORDS, FIELDS_ASKED), compression).decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert list(rows[0]) == FIELDS_ASKED
    assert len(rows) == len(RECORDS)
    for row, one in zip(rows, RECORDS, strict=True):
        want, attributes = expected(one), one.values.get("attributes", {})
        assert (row["ts"], row["trace_id"], row["model"]) == (want["ts"], want["trace_id"], want["model"])
        assert row["prompt_tokens"] == ("" if want.get("prompt_tokens") is None else str(want["prompt_tokens"]))
        assert float(row["total_cost_usd"]) == want["total_cost_usd"]
        assert row["warmup"] == ("true" if want["warmup"] else "false")
        assert (json.loads(row["tags"]) if row["tags"] else None) == want.get("tags")
        assert row["attributes.team"] == attributes.get("team", "")
        assert row["attributes.b.c"] == attributes.get("b.c", "")
        assert row["attributes.nested"] == ('{"a":[1,null]}' if attributes else "")
        assert row["user_id"] == ""


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_parquet_is_typed_and_says_what_has_no_value(compression, monkeypatch):
    monkeypatch.setattr("controller.exports.formats.parquet.GROUP_ROWS", 1_000)
    data = write(Choice("parquet", compression), RECORDS, FIELDS_ASKED)
    file = parquet.ParquetFile(io.BytesIO(data))
    assert file.metadata.num_row_groups == 2
    wanted = {"none": "UNCOMPRESSED", "gzip": "GZIP", "zstd": "ZSTD"}[compression]
    assert file.metadata.row_group(0).column(0).compression == wanted
    table = file.read()
    assert table.column_names == FIELDS_ASKED
    types = {name: str(table.schema.field(name).type) for name in FIELDS_ASKED}
    assert types["ts"] == types["scheduled_time"] == "timestamp[us, tz=UTC]"
    assert (types["prompt_tokens"], types["duration_ms"], types["warmup"]) == ("int64", "double", "bool")
    assert types["tags"].startswith("list<")
    for row, one in zip(table.to_pylist(), RECORDS, strict=True):
        values = dict(one.values)
        attributes = values.pop("attributes", {})
        for name, value in values.items():
            if name in ("ts", "scheduled_time"):
                assert row[name] == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)
            else:
                assert row[name] == value
        assert row["attributes.team"] == (json.dumps(attributes["team"]) if attributes else None)
        assert row["user_id"] is None


@pytest.mark.parametrize("form", FORMATS)
def test_no_trace_at_all_is_a_file_too(form):
    data = write(Choice(form, "none"), [], ["ts", "model"])
    match form:
        case "csv":
            assert data == b"ts,model\r\n"
        case "json":
            assert json.loads(data) == []
        case "jsonl":
            assert data == b""
        case "parquet":
            assert parquet.read_table(io.BytesIO(data)).num_rows == 0


@pytest.mark.parametrize("form", FORMATS)
def test_w41_every_field_of_a_trace_can_be_exported(form):
    data = write(Choice(form, "none"), RECORDS[:3], [])
    if form == "csv":
        assert data.split(b"\r\n")[0].decode().split(",") == list(FIELDS)
    elif form == "parquet":
        assert parquet.read_table(io.BytesIO(data)).column_names == list(FIELDS)
    else:
        assert b"attributes" in data


def test_same_traces_give_the_same_bytes():
    for compression in COMPRESSIONS:
        choice = Choice("csv", compression)
        assert write(choice, RECORDS[:50], FIELDS_ASKED) == write(choice, RECORDS[:50], FIELDS_ASKED)


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_no_cell_of_csv_is_taken_for_a_formula(start):
    text = f'{start}HYPERLINK("http://x")'
    data = write(Choice("csv", "none"), [record(1, model=text, tags=[text])], ["model", "tags"]).decode()
    (row,) = csv.DictReader(io.StringIO(data, newline=""))
    assert row["model"] == "'" + text
    assert row["tags"].startswith("[")


@pytest.mark.parametrize("cell", ["-1", "-1.5", "+3", "-1.5e-07", "plain", "", "1=1"])
def test_numbers_and_plain_texts_stay_what_they_are(cell):
    assert guarded(cell) == cell


@pytest.mark.parametrize("cell", ["-1+cmd", "+1_0", "-", "-.5.5", "@1", "=1", "-1e-7e-7x"])
def test_what_only_begins_as_a_number_is_guarded(cell):
    assert guarded(cell) == "'" + cell


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("form", FORMATS)
def test_a_file_that_grows_too_large_ends_in_an_error_and_nothing_else(form, compression):
    if (form, compression) == ("parquet", "zip"):
        return
    sink = HashingSink(io.BytesIO(), 2_000)

    def fill() -> None:
        with Choice(form, compression).writer(sink, columns_of([])) as writer:
            for _ in range(20):
                writer.write(RECORDS)

    with pytest.raises(TooLargeError):
        fill()
    assert sink.size <= 2_000


def test_names_and_types_of_files():
    found = {(f, c): (Choice(f, c).extension, Choice(f, c).content_type) for f in FORMATS for c in COMPRESSIONS}
    assert found["csv", "none"] == (".csv", "text/csv; charset=utf-8")
    assert found["json", "gzip"] == (".json.gz", "application/gzip")
    assert found["jsonl", "zstd"] == (".jsonl.zst", "application/zstd")
    assert found["csv", "zip"] == (".csv.zip", "application/zip")
    assert found["parquet", "zstd"] == (".parquet", "application/vnd.apache.parquet")
