"""What people see of runs that are compared."""

from loadcell.cli.comparison_tables import comparison_tables
from loadcell.v1 import run_pb2
from tests.unit.cli.shown_text import row, text_of


def test_comparisons_are_ordered_by_level():
    def figures(run_id: str, change: float | None) -> run_pb2.ComparedFigures:
        return run_pb2.ComparedFigures(
            run_id=run_id, throughput_tokens_per_sec=100, ttft_p50=20, throughput_change_percent=change
        )

    comparison = run_pb2.CompareRunsResponse(
        by_concurrency={
            name: run_pb2.ComparedLevel(runs=[figures("first", None), figures("second", -3.25)])
            for name in ("rate:5", "50", "9")
        },
        best_throughput=run_pb2.BestValue(run_id="first", value=1, concurrency=50),
        best_ttft=run_pb2.BestValue(run_id="second", value=1, rate=5),
    )
    table = text_of(comparison_tables(comparison))
    assert table.index("c=9") < table.index("c=50") < table.index("5/s")
    assert "-3.2 %" in table
    assert "best throughput: first at c=50" in table
    assert "best TTFT: second at 5/s" in table


def test_no_number_of_a_comparison_is_cut_where_the_terminal_is_narrow():
    run_ids = [f"0190b5c7-0000-7000-8000-00000000000{n}" for n in range(3)]
    figures = [
        run_pb2.ComparedFigures(
            run_id=run_id, throughput_tokens_per_sec=1_234_567, ttft_p50=12_345, throughput_change_percent=-12.5
        )
        for run_id in run_ids
    ]
    comparison = run_pb2.CompareRunsResponse(by_concurrency={"50": run_pb2.ComparedLevel(runs=figures)})
    for width in (40, 80, 160):
        table = text_of(comparison_tables(comparison), width)
        assert max(map(len, table.splitlines())) <= width
        assert "\N{HORIZONTAL ELLIPSIS}" not in table
        assert [table.count(text) for text in ("1,234,567", "12,345", "-12.5 %")] == [3, 3, 3]
        assert all(run_id in table for run_id in run_ids)


def test_settings_that_differ_stand_before_the_figures():
    found = run_pb2.SettingDifference(
        run_id="second", setting="input_len", base_value="512 tokens", value="64 tokens"
    )
    comparison = run_pb2.CompareRunsResponse(setting_differences=[found])
    comparison.by_concurrency["50"].runs.add(run_id="second")
    first, *rest = text_of(comparison_tables(comparison)).splitlines()
    assert first == "second differs in input_len: 512 tokens in the first run, 64 tokens here"
    assert any("c=50" in line for line in rest)
    assert "differs" not in text_of(comparison_tables(run_pb2.CompareRunsResponse()))


def test_a_comparison_tells_changes_and_gates():
    change = {"run_id": "second", "level": "50", "unit": "ms", "base_value": 20.0, "value": 25.0, "change": 5.0}
    sure = run_pb2.MetricDelta(
        metric="ttft.p50", change_low=4.25, change_high=5.75, change_percent=25, verdict="worse", **change
    )
    unsure = run_pb2.MetricDelta(metric="ttft.p99", verdict="unknown", **change)
    gates = [
        run_pb2.GateOutcome(run_id="second", level="50", passed=False, sentence="ttft.p50:+5%: missed, why"),
        run_pb2.GateOutcome(run_id="third", passed=False, sentence="ttft.p50:+5%: missed, nothing in common"),
    ]
    comparison = run_pb2.CompareRunsResponse(deltas=[sure, unsure], gates=gates)
    comparison.by_concurrency["50"].runs.add(run_id="second", verdict="client_limited")
    comparison.by_concurrency["50"].runs.add(run_id="third", verdict="degraded")
    wide, narrow = text_of(comparison_tables(comparison)), text_of(comparison_tables(comparison), 40)
    assert row(wide, "ttft.p50") == ["20.0", "25.0", "+5", "+25.0", "%", "+4.25", "to", "+5.75", "worse"]
    assert row(wide, "ttft.p99") == ["20.0", "25.0", "+5", "unknown"]
    assert "second at c=50: ttft.p50:+5%: missed, why" in wide
    assert "third: ttft.p50:+5%: missed, nothing in common" in wide
    assert wide.count("are those of the client") == 1
    assert "c=50: the figures of second are those of the client" in wide
    assert max(map(len, narrow.splitlines())) <= 40
    assert all(cell in narrow for cell in ("+25.0 %", "+4.25 to +5.75", "worse"))
    alone = text_of(comparison_tables(run_pb2.CompareRunsResponse(gates=gates[:1])))
    assert alone == "c=50: ttft.p50:+5%: missed, why\n"
