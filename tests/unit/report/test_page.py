"""Pages of runs, read as a browser takes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from controller.query.compare import compare
from controller.query.gates import read_gates
from controller.query.shown_runs import knee
from controller.report.document import build_result
from controller.report.page.report import POLICY, render_page
from controller.report.page.scale import linear, logarithmic, tick_text
from controller.report.shown import MOST_SPANS, ShownLevel, ShownRun, most_spans, spans
from loadcell.stats.columns import OK
from loadcell.stats.seconds import Requests, Seconds
from loadcell.stats.sketch import bucket_counts
from loadcell.v1 import analysis_pb2, result_pb2, target_pb2, validation_pb2
from tests.unit.report.run_facts import make_level, make_run
from tests.unit.report.test_exports import HOSTILE, hostile_result
from tests.unit.stats.sample_rows import make_rows

HTML_TAGS = {"html", "head", "meta", "title", "style", "body", "section", "div", "h1", "h2", "h3", "p", "footer"}
TABLE_TAGS = {"table", "caption", "thead", "tbody", "tr", "th", "td", "ul", "li", "dl", "dt", "dd"}
CHART_TAGS = {"figure", "figcaption", "svg", "path", "text", "circle"}
ATTRIBUTES = {
    "lang",
    "charset",
    "http-equiv",
    "content",
    "name",
    "class",
    "scope",
    "viewbox",
    "role",
    "aria-label",
}
DRAWING = {"aria-hidden", "d", "x", "y", "cx", "cy", "r", "transform"}
MOST_BYTES = 6_000_000


class Page(HTMLParser):
    """Tags, attributes, texts and tables of a page."""

    def __init__(self, data: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: dict[str, set[str]] = {}
        self.texts: list[str] = []
        self.rows: list[list[str]] = []
        self._open: list[str] = []
        self.feed(data.decode())
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, set()).add(value or "")
        if tag != "meta":
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self._open and self._open[-1] in ("td", "th"):
            self.rows[-1][-1] += data

    def row(self, title: str) -> list[str]:
        """The cells of the only row of this title."""
        (found,) = [cells[1:] for cells in self.rows if cells[0] == title]
        return found


def shown(result: result_pb2.RunResult, count: int = 0, **changes: Any) -> ShownRun:
    """A run, each level of which has so many requests, ten a second."""
    levels = {}
    for level in result.results if count else []:
        starts = np.arange(count) * 100_000
        ttft = 100_000 + starts % 50_000
        ok, tokens = np.full(count, OK), np.full(count, 10)
        seconds = Seconds(0, count // 10 + 2)
        seconds.add(Requests(starts, starts, ttft * 5, ttft, tokens, ok))
        distributions = {"ttft": bucket_counts(ttft), "e2e": bucket_counts(ttft * 5)}
        levels[level.index] = ShownLevel(tuple(spans(seconds, count // 10 + 2)), distributions)
    return ShownRun(result, levels=levels, **changes)


def measured(run_id: str = "one", loads: Sequence[int] = (1, 2, 4), ttft: int = 100_000) -> result_pb2.RunResult:
    rows = make_rows(*({"start_offset_micros": n * 1_000_000, "ttft_micros": ttft + n} for n in range(9)))
    levels = [make_level(rows, target_pb2.LevelPlan(index=n, concurrency=c)) for n, c in enumerate(loads)]
    result = build_result(make_run(*levels))
    result.run_id = run_id
    return result


def test_S8_a_page_stands_alone_executes_nothing_and_shows_texts_as_texts():
    result = hostile_result()
    result.validation.CopyFrom(validation_pb2.Validation(all_warnings=[HOSTILE]))
    finding = analysis_pb2.AnalysisFinding(severity="warning", title=HOSTILE, sentences=[HOSTILE])
    runs = [shown(result, 5, findings=[finding], missing=HOSTILE), shown(measured())]
    data = render_page(runs, compare([one.result for one in runs], read_gates(["ttft.p50:+5%"])))
    page = Page(data)
    assert page.tags <= HTML_TAGS | TABLE_TAGS | CHART_TAGS
    assert page.attributes.keys() <= ATTRIBUTES | DRAWING
    assert page.attributes["content"] >= {POLICY}
    assert sum(HOSTILE in text for text in page.texts) >= 16
    style = re.findall(rb"<style>(.*?)</style>", data, re.DOTALL)
    assert len(style) == 1
    assert not re.search(rb"@import|url\(", style[0])
    assert b"NaN" not in data
    assert not re.search(rb'="[^"]*\binf\b', data)


def test_figures_of_a_page_are_those_of_the_document():
    result = measured()
    page = Page(render_page([shown(result)]))
    assert page.row("TTFT p50 (ms)") == [f"{level.ttft.p50:,.2f}" for level in result.results]
    totals = [cells[1:] for cells in page.rows if cells[0] == "Total Requests"]
    assert totals == [["27"], ["9", "9", "9"]]  # of the summary and of the levels
    assert page.row("Status") == ["completed"]
    rates = [f"{level.throughput_tokens_per_sec:,.2f}" for level in result.results]
    assert page.row("Throughput (tok/s)") == rates
    # The dot of a chart says what it stands for.
    assert f"first token p50, c=2: {result.results[1].ttft.p50:,.2f}" in page.texts
    assert Page(render_page([shown(result_pb2.RunResult(run_id="r"))])).texts.count("loadcell r") == 2


def test_what_the_server_says_is_on_the_page():
    result = measured()
    result.validation.all_comparisons.add(
        metric_name="Avg TTFT (ms)", client_value=10, server_value=8, difference_percent=25, passed=False
    )
    result.validation.overall_passed = False
    page = Page(render_page([shown(result)]))
    assert page.row("Server agrees") == ["failed"]
    assert page.row("Avg TTFT (ms)") == ["10.00", "8.00", "25.00", "failed"]


def test_more_levels_than_fit_on_paper_are_several_tables():
    page = Page(render_page([shown(measured(loads=range(1, 12)))]))
    assert [len(cells) - 1 for cells in page.rows if cells[0] == "TTFT p50 (ms)"] == [8, 3]
    assert "10 of 11 levels are drawn." in page.texts


def test_several_runs_are_compared_with_the_first():
    results = [measured("base"), measured("<b>now</b>", ttft=200_000)]
    results[1].config.warmup = 7
    comparison = compare(results, read_gates(["ttft.p50:+5%"]))
    page = Page(render_page([shown(one) for one in results], comparison))
    changed = [cells for cells in page.rows if cells[:3] == ["ttft.p50 (ms)", "Run 2", "c=2"]]
    assert changed[0][3:7] == ["100.00", "200.00", "100.00", "100.00"]
    assert ["warmup", "Run 2", "0 requests", "7 requests"] in page.rows
    gates = [cells for cells in page.rows if cells[0] == "ttft.p50:+5%"]
    assert [cells[1:4] for cells in gates] == [["Run 2", level, "missed"] for level in ("c=1", "c=2", "c=4")]
    assert page.row("Run 2")[0] == "<b>now</b>"
    assert sum(text.startswith("Run 1: ") for text in page.texts) >= 6  # a line in each chart, and its own part


def test_a_page_of_many_requests_stays_small():
    result = measured(loads=[1])
    page = render_page([shown(result, 100_000)])
    assert len(page) < MOST_BYTES / 20
    assert "A point stands for up to 42 seconds: the slowest of them." in Page(page).texts


def test_seconds_are_put_together_without_losing_requests():
    seconds = Seconds(0, 1_000)
    starts = np.arange(5_000) * 200_000
    one = np.ones(5_000, np.int64)
    seconds.add(Requests(starts, starts, one, one, one, np.full(5_000, OK)))
    found = list(spans(seconds, 1_000))
    assert len(found) <= MOST_SPANS
    assert sum(span.sent * span.length for span in found) == 5_000
    assert (found[0].length, found[1].start) == (5, 5)
    assert len(list(spans(seconds, 1_000, 10))) == 10
    assert [most_spans(count) for count in (0, 1, 10, 20, 1_000)] == [240, 240, 240, 120, 10]


def test_the_knee_is_where_more_load_brings_no_more():
    result = measured(loads=[1, 2, 4, 8])
    for level, throughput in zip(result.results, (100.0, 190.0, 200.0, 201.0), strict=True):
        level.throughput_tokens_per_sec = throughput
    assert knee(result) == 1
    assert "knee: c=2" in Page(render_page([shown(result, knee=1)])).texts
    assert knee(result_pb2.RunResult()) is None


@pytest.mark.parametrize(
    ("values", "ends", "ticks"),
    [
        ([0, 97], (0, 100), (0, 20, 40, 60, 80, 100)),
        ([], (0, 1), (0, 0.2, 0.4, 0.6, 0.8, 1.0)),
        ([float("inf"), 3.0], (0, 3), (0, 1, 2, 3)),
    ],
)
def test_axes_of_equal_steps(values: list[float], ends: tuple[float, float], ticks: tuple[float, ...]):
    scale = linear(values)
    assert (scale.low, scale.high) == pytest.approx(ends)
    assert scale.ticks == pytest.approx(ticks)


def test_axes_of_equal_ratios():
    scale = logarithmic([3.0, 70.0, 0.0, float("nan")])
    assert (scale.low, scale.high) == (2.0, 100.0)
    assert scale.ticks == (2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
    assert (scale.share(2.0), scale.share(1e9), scale.share(0.0)) == (0.0, 1.0, 0.0)
    assert logarithmic([10.0]).low < 10.0 < logarithmic([10.0]).high
    assert [tick_text(value) for value in (0.5, 1500, 20_000, 3e6)] == ["0.5", "1500", "20k", "3M"]
