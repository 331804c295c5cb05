"""Result documents as CSV, workbooks and pages, and requests as JSON Lines."""

import csv
import io
import json
import math
import zipfile
from xml.etree import ElementTree

import pytest

from controller.report import xlsx
from controller.report.csv import render_csv
from controller.report.document import build_result
from controller.report.request_sheet import request_rows
from controller.report.requests import CHUNK_ROWS, render_requests
from controller.report.xlsx import render_xlsx
from loadcell.stats.columns import ERROR
from loadcell.v1 import result_pb2, sample_pb2, target_pb2, validation_pb2
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


def test_csv_says_how_a_run_ended_that_did_not_come_to_its_end() -> None:
    result = build_result(make_run(make_level(make_rows({}))))
    completed, _ = parse(result)
    assert b"Status" not in completed
    result.status = "cancelled"
    assert ["Status", "cancelled"] in parse(result)[1]
    result.status, result.error = "failed", "=agents were lost"
    table = parse(result)[1]
    at = table.index(["Status", "failed"])
    assert table[at + 1] == ["Error", "'=agents were lost"]


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
    assert ["Best Rate (req/s)", "2.50"] in table


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


HOSTILE = '=HYPERLINK("http://x")<script>alert(1)</script>&"\'\x01'


def hostile_result() -> result_pb2.RunResult:
    level = result_pb2.LevelResult(concurrency=2, total_requests=1_234_567, throughput_tokens_per_sec=0.125)
    level.ttft.p50 = math.inf
    level.errors["timeout"] = 3
    level.error_messages["timeout"] = HOSTILE
    level.verdict.status = "degraded"
    return result_pb2.RunResult(
        run_id=HOSTILE,
        model=HOSTILE,
        server_url="@x",
        adapter="x" * 40_000,
        error=HOSTILE,
        status=HOSTILE,
        config=result_pb2.RunConfig(labels={HOSTILE: HOSTILE}, tags=[HOSTILE], header_names=[HOSTILE]),
        results=[level, result_pb2.LevelResult(requested_rate=2.5)],
        agents=[result_pb2.AgentResult(agent_id=HOSTILE, hostname=HOSTILE)],
        verdict=result_pb2.Verdict(reasons=[HOSTILE]),
        notes=[HOSTILE],
        loadcell_version=HOSTILE,
    )


SHEET_TAG = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}sheet"


def cells_of(data: bytes, name: str = "Benchmark Results") -> dict[str, tuple[str, str]]:
    """Kind and text of every cell of a sheet of a workbook, read without the library that wrote it."""
    space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        assert book.testzip() is None
        assert not [name for name in book.namelist() if "external" in name.lower() or "vba" in name.lower()]
        shared = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        texts = ["".join(part.text or "" for part in item.iter() if part.tag.endswith("}t")) for item in shared]
        names = [one.get("name") for one in ElementTree.fromstring(book.read("xl/workbook.xml")).iter(SHEET_TAG)]
        sheet = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{names.index(name) + 1}.xml"))
    assert not sheet.findall(".//x:f", space)  # no formula
    assert not sheet.findall(".//x:hyperlink", space)
    found = {}
    for cell in sheet.findall(".//x:c", space):
        value = cell.findtext("x:v", "", space)
        kind = cell.get("t", "n")
        found[cell.get("r")] = (kind, texts[int(value)] if kind == "s" else value)
    return found


def test_S8_a_workbook_holds_the_rows_of_the_csv_as_text_and_numbers() -> None:
    cells = cells_of(render_xlsx(hostile_result()))
    assert cells["A1"] == ("s", "loadcell result")
    assert cells["B3"][1].startswith("'=HYPERLINK(")
    assert cells["B4"] == ("s", "'@x")
    assert len(cells["B5"][1]) == 32_767
    header = next(row for row in range(1, 40) if cells.get(f"A{row}") == ("s", "Concurrency"))
    titles = [text for place, (_, text) in cells.items() if place.rstrip("0123456789") + str(header) == place]
    assert titles[:17] == TITLES
    assert (cells[f"A{header + 1}"], cells[f"B{header + 1}"]) == (("n", "2"), ("n", "0.125"))
    assert f"D{header + 1}" not in cells  # not finite, so blank
    assert f"A{header + 2}" not in cells  # an open loop has no concurrency
    assert ("n", "1234567") in cells.values()


def test_the_same_document_is_the_same_workbook() -> None:
    result = hostile_result()
    assert render_xlsx(result) == render_xlsx(result)


def test_a_workbook_has_charts_of_the_cells_of_its_levels() -> None:
    data = render_xlsx(hostile_result())
    cells = cells_of(data, "Levels")
    assert [cells[place][1] for place in ("A1", "A2", "A3", "B1", "C2")] == [
        "Level",
        "c=2",
        "2.5/s",
        "Concurrency",
        "0.125",
    ]
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        charts = [ElementTree.fromstring(book.read(name)) for name in book.namelist() if "/charts/chart" in name]
    assert len(charts) == 6
    drawn = {part.text for chart in charts for part in chart.iter() if part.tag.endswith("}f")}
    assert {"Levels!$C$2:$C$3", "Levels!$E$2:$E$3", "Levels!$A$2:$A$3"} <= drawn
    assert cells["C1"] == ("s", "Throughput (tok/s)")
    assert cells["E1"] == ("s", "TTFT p50 (ms)")


def test_S8_a_workbook_has_requests_and_notes_as_text_and_numbers() -> None:
    rows = make_rows(
        {"ordinal": 7, "start_offset_micros": 1_500_000, "scheduled_offset_micros": 1_499_000, "finish_reason": 0},
        {"status": ERROR, "error_class": sample_pb2.ERROR_CLASS_TIMEOUT, "ttft_micros": -1, "tpot_micros": -1.0},
    )
    data = render_xlsx(hostile_result(), list(request_rows("c=2", rows, [HOSTILE], ["stop"])))
    cells = cells_of(data, "Requests")
    assert [cells[f"{column}2"][1] for column in "ABDEFGH"] == ["c=2", "7", "1.5", "1", "100", "100", "1000"]
    assert cells["C2"][1].startswith("'=HYPERLINK(")
    assert (cells["K3"][1], cells["L3"][1], "F3" in cells, cells["N2"][1]) == ("error", "timeout", False, "stop")
    notes = [text for _, text in cells_of(data, "Notes").values()]
    assert notes.count(f"'{HOSTILE}".replace("\x01", "_x0001_")) + notes.count(f"'{HOSTILE}") >= 2


def test_a_sheet_that_has_not_all_requests_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MOST_REQUESTS", 3)
    data = render_xlsx(result_pb2.RunResult(), list(request_rows("c=1", make_rows(*[{}] * 4), ["a"], [])))
    assert {int(place[1:]) for place in cells_of(data, "Requests")} == {1, 2, 3, 4}
    assert any("has the first 3 requests" in text for _, text in cells_of(data, "Notes").values())


def test_the_comparison_with_the_server_is_in_sheets() -> None:
    validation = validation_pb2.Validation(overall_passed=False, all_warnings=["=warned"])
    validation.all_comparisons.add(
        metric_name="Request Count", client_value=10, server_value=8, difference_percent=25, passed=False
    )
    result = result_pb2.RunResult(validation=validation)
    _, table = parse(result)
    assert ["Server agrees", "failed"] in table
    assert ["Request Count", "10.00", "8.00", "25.00", "failed"] in table
    assert ["Warning", "'=warned"] in table
    assert ("s", "Request Count") in cells_of(render_xlsx(result)).values()
    result.validation.ClearField("overall_passed")
    assert ["Server agrees", "not judged"] in parse(result)[1]
