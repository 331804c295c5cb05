"""Result documents as CSV and requests as JSON Lines."""

import csv
import io
import json

from controller.report.csv import render_csv
from controller.report.document import build_result
from controller.report.requests import CHUNK_ROWS, render_requests
from loadcell.stats.columns import ERROR
from loadcell.v1 import result_pb2, sample_pb2, target_pb2
from tests.unit.report.run_facts import make_level, make_run
from tests.unit.stats.sample_rows import make_rows

TITLES = [
    "Concurrency",
    "Throughput (tok/s)",
    "Request Rate (req/s)",
    *(f"{metric} {q} (ms)" for metric in ("TTFT", "TPOT", "E2E") for q in ("p50", "p95", "p99")),
    "Total Requests",
    "Successful",
    "Failed",
    "Error Rate (%)",
    "Goodput (%)",
]


def parse(result: result_pb2.RunResult) -> tuple[bytes, list[list[str]]]:
    data = render_csv(result)
    return data, list(csv.reader(io.StringIO(data.decode(), newline="")))


def test_csv_keeps_the_known_columns_first() -> None:
    rows = make_rows(*({"start_offset_micros": i * 1_000_000} for i in range(9)))
    data, table = parse(build_result(make_run(make_level(rows))))
    assert data.count(b"\r\n") == data.count(b"\n")
    titles, level = table[-2], table[-1]
    assert titles[:17] == TITLES
    cells = dict(zip(titles, level, strict=True))
    assert cells["Concurrency"] == "1"
    assert (cells["TTFT p50 (ms)"], cells["TTFT p99 (ms)"]) == ("100.00", "N/A")
    assert (cells["Goodput (%)"], cells["Requested Rate (req/s)"]) == ("N/A", "N/A")
    assert (cells["Total Requests"], cells["Verdict"]) == ("9", "clean")
    assert ["Completed At", "2023-11-14T22:14:20Z"] in table
    assert ["Best TTFT p50 (ms)", "100.00"] in table


def test_csv_of_an_open_loop_with_goodput() -> None:
    config = result_pb2.RunConfig(goodput_thresholds=target_pb2.GoodputThresholds(ttft_ms=1000))
    plan = target_pb2.LevelPlan(rate=2.5, request_count=1)
    _, table = parse(build_result(make_run(make_level(make_rows({}), plan), config=config)))
    cells = dict(zip(table[-2], table[-1], strict=True))
    assert (cells["Concurrency"], cells["Requested Rate (req/s)"], cells["Goodput (%)"]) == (
        "N/A",
        "2.50",
        "100.00",
    )
    assert ["Avg Goodput (%)", "100.00"] in table


def test_S8_cells_that_look_like_formulas_are_guarded() -> None:
    result = result_pb2.RunResult(model="=HYPERLINK(1)", server_url="@x", adapter="-1+1", run_id="\t=1")
    _, table = parse(result)
    assert ["Model", "'=HYPERLINK(1)"] in table
    assert ["Server URL", "'@x"] in table
    assert ["Adapter", "'-1+1"] in table
    assert ["Run ID", "'\t=1"] in table


def test_requests_are_one_object_each() -> None:
    samples = make_rows(
        {"agent": 1, "finish_reason": 0, "reused": 1},
        {"status": ERROR, "error_class": sample_pb2.ERROR_CLASS_TIMEOUT, "ttft_micros": -1, "tpot_micros": -1.0},
        {"warmup": 1, "start_offset_micros": -5000},
    )
    lines = b"".join(render_requests(3, samples, ["a", "b"], ["stop"])).splitlines()
    good, failed, warm = (json.loads(line) for line in lines)
    assert (good["level"], good["agent_id"], good["status"], good["error_class"]) == (3, "b", "ok", None)
    assert (good["finish_reason"], good["reused"], good["token_source"]) == ("stop", True, "server")
    assert (good["ttft_micros"], good["tpot_micros"], good["connect_micros"]) == (100_000, 100_000.0, None)
    assert (failed["status"], failed["error_class"], failed["ttft_micros"]) == ("error", "timeout", None)
    assert (warm["warmup"], warm["start_offset_micros"], warm["ordinal"]) == (True, -5000, 2)


def test_requests_come_in_bounded_pieces() -> None:
    samples = make_rows(*[{}] * 2001)
    pieces = list(render_requests(0, samples, ["a"], []))
    assert [piece.count(b"\n") for piece in pieces] == [CHUNK_ROWS, CHUNK_ROWS, 1]
    assert max(map(len, pieces)) < 1024 * 1024
    assert [json.loads(line)["ordinal"] for piece in pieces for line in piece.splitlines()] == list(range(2001))
