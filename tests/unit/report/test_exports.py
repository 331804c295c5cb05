"""Result documents as CSV, workbooks and pages, and requests as JSON Lines."""

import csv
import io
import json
import math
import zipfile
from html.parser import HTMLParser
from xml.etree import ElementTree

from controller.report.csv import render_csv
from controller.report.document import build_result
from controller.report.html import render_html
from controller.report.requests import CHUNK_ROWS, render_requests
from controller.report.xlsx import render_xlsx
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


def cells_of(data: bytes) -> dict[str, tuple[str, str]]:
    """Kind and text of every cell of a workbook, read without the library that wrote it."""
    space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        assert book.testzip() is None
        assert not [name for name in book.namelist() if "external" in name.lower() or "vba" in name.lower()]
        shared = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        texts = ["".join(part.text or "" for part in item.iter() if part.tag.endswith("}t")) for item in shared]
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
        assert 'name="Benchmark Results"' in book.read("xl/workbook.xml").decode()
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
    result = result_pb2.RunResult(run_id="r", model="m")
    assert render_xlsx(result) == render_xlsx(result)


TAGS = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "table", "tr", "th", "td", "ul", "li", "p"}


class Page(HTMLParser):
    """Tags, attributes and text of a page, as a browser takes them."""

    def __init__(self, data: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(data.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_page_stands_alone_and_executes_nothing() -> None:
    page = Page(render_html(hostile_result()))
    assert page.tags <= TAGS
    assert page.attributes <= {"lang", "charset", "http-equiv", "content", "name", "class"}
    # The run, its status and error, its labels and so on: all there, as text.
    assert sum(HOSTILE in text for text in page.texts) >= 10
    assert "1,234,567" in page.texts
    assert any(text == "c=2" for text in page.texts)
    assert any(text == "2.5/s" for text in page.texts)
    assert f"c=2: 3 x timeout: {HOSTILE}" in page.texts


def test_a_page_of_a_measured_run_shows_its_figures() -> None:
    rows = make_rows(*({"start_offset_micros": i * 1_000_000} for i in range(9)))
    result = build_result(make_run(*[make_level(rows)] * 9))
    page = Page(render_html(result))
    assert page.texts.count("TTFT p50 (ms)") == 2 + 1  # nine levels are two tables; one of the agents
    assert "100.00" in page.texts
    assert "completed" in page.texts
    assert render_html(result_pb2.RunResult(run_id="r")).startswith(b"<!doctype html>")
