"""What the client returns, as notebooks show it and as frames."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from loadcell.client import Rows, collect, to_arrow, to_pandas
from loadcell.client.notebook import html, rows_of
from loadcell.v1 import result_pb2, run_pb2, trace_pb2

NASTY = '<script>alert("x")</script>&'


class Reader(HTMLParser):
    """Reads a table back, and notes every element there is."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.rows: list[list[str]] = []
        self.caption = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert attrs == []
        self.elements.add(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows:
            self.rows[-1][-1] += data
        else:
            self.caption += data


def result() -> result_pb2.RunResult:
    made = result_pb2.RunResult(run_id="r", model=NASTY, status="completed")
    for concurrency in (1, 10):
        level = made.results.add(concurrency=concurrency, total_requests=100, request_rate_per_sec=12.5)
        level.ttft.p50 = 20.5
        level.verdict.status = "clean"
        level.errors["timeout"] = 2
    return made


def run() -> run_pb2.Run:
    made = run_pb2.Run(run_id="r", status="failed", state=run_pb2.RUN_STATE_FAILED, model=NASTY, error="x" * 300)
    made.created_at.FromJsonString("2026-01-31T12:00:00Z")
    made.labels["team"] = "search"
    made.config.concurrency.extend([1, 10])
    return made


def comparison() -> run_pb2.CompareRunsResponse:
    deltas = [
        run_pb2.MetricDelta(run_id="b", level="10", metric="ttft.p99", unit="ms", value=25, verdict="unknown")
    ]
    return run_pb2.CompareRunsResponse(run_count=2, deltas=deltas)


def test_a_message_is_a_row_of_plain_values():
    (row,) = rows_of(run())
    assert (row["run_id"], row["state"], row["labels"]) == ("r", "failed", '{"team":"search"}')
    assert row["created_at"] == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert row["started_at"] is None
    assert row["config_concurrency"] == [1, 10]
    assert (row["config_framework_config"], row["config_goodput_thresholds_ttft_ms"]) == (None, None)
    assert [
        (level["level"], level["run_id"], level["ttft_p50"], level["ttft_p99"]) for level in rows_of(result())
    ] == [
        ("c=1", "r", 20.5, None),
        ("c=10", "r", 20.5, None),
    ]
    (delta,) = rows_of(comparison())
    assert (delta["metric"], delta["value"], delta["base_value"]) == ("ttft.p99", 25, None)
    assert {tuple(each) for each in map(dict.keys, rows_of([run_pb2.Run(), run()]))} == {tuple(row)}


@pytest.mark.parametrize("message", [result(), run(), comparison()], ids=lambda message: type(message).__name__)
def test_a_notebook_shows_a_table_without_markup_of_others(message):
    table = Reader(message._repr_html_())
    assert table.elements <= {"table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert len({len(row) for row in table.rows}) == 1
    assert len(table.rows) == len(rows_of(message)) + 1
    assert type(message).DESCRIPTOR.name in table.caption
    shown = dict(zip(*table.rows[:2], strict=True))
    if isinstance(message, run_pb2.Run):
        assert (shown["model"], shown["created_at"], shown["error"]) == (
            NASTY,
            "2026-01-31T12:00:00.000+00:00",
            f"{'x' * 200}...",
        )
    if isinstance(message, result_pb2.RunResult):
        assert (shown["request_rate_per_sec"], shown["ttft_p50"], shown["ttft_p99"]) == ("12.5", "20.5", "")


def test_long_lists_are_shown_in_part():
    rows = Rows([run()] * 70)
    table = Reader(rows._repr_html_())
    assert len(table.rows) == 51
    assert "70 rows, the first 50 shown" in table.caption
    assert Reader(html([])).caption == "nothing: 0 rows; no columns with to_pandas()"


def test_results_are_frames():
    frame = to_pandas([result(), result()])
    assert isinstance(frame, pd.DataFrame)
    assert frame.shape[0] == 4
    assert frame["ttft_p50"].tolist() == [20.5] * 4
    assert np.isnan(frame["ttft_p99"].astype(float)).all()
    assert frame.groupby("level")["request_rate_per_sec"].mean().to_dict() == {"c=1": 12.5, "c=10": 12.5}
    assert str(run().to_pandas()["created_at"].dtype).endswith("UTC]")
    table = to_arrow(Rows([run()]))
    assert isinstance(table, pa.Table)
    assert table.schema.field("created_at").type == pa.timestamp("us", tz="UTC")
    assert table.column("config_concurrency").to_pylist() == [[1, 10]]
    assert comparison().to_arrow().column("value").to_pylist() == [25.0]
    assert (to_pandas([]).shape, to_arrow([]).num_rows) == ((0, 0), 0)


@pytest.mark.parametrize(("package", "extra"), [("pandas", "pandas"), ("pyarrow", "parquet")])
def test_what_is_missing_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch, package: str, extra: str):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModuleNotFoundError, match=rf"{package} .* pip install 'loadcell\[{extra}\]'"):
        (to_pandas if package == "pandas" else to_arrow)(run())


async def test_what_is_yielded_is_collected_up_to_a_limit():
    closed = []

    async def traces() -> AsyncGenerator[trace_pb2.Trace, None]:
        try:
            for number in range(10):
                yield trace_pb2.Trace(trace_id=f"{number:032x}", ttft_ms=float(number))
        finally:
            closed.append(True)

    rows = await collect(traces(), limit=3)
    assert rows.to_pandas()["ttft_ms"].tolist() == [0.0, 1.0, 2.0]
    assert closed == [True]
    assert len(await collect(traces())) == 10
