"""What people see: tables, lines of progress, figures."""

import io

import pytest
from rich.console import Console

from loadcell.cli.agent_tables import agent_details, agents_table
from loadcell.cli.comparison_tables import comparison_tables
from loadcell.cli.figures import age, byte_count, milliseconds, percent, rate, seconds
from loadcell.cli.measure import Outcome
from loadcell.cli.progress import LiveProgress, PlainProgress, describe, progress_for, remaining_seconds
from loadcell.cli.tables import result_tables, runs_table
from loadcell.cli.timeline import timeline_tables
from loadcell.v1 import agent_pb2, fleet_pb2, result_pb2, run_pb2

Stats = result_pb2.LatencyStats


def text_of(renderable: object, width: int = 160) -> str:
    console = Console(file=io.StringIO(), width=width, markup=False)
    console.print(renderable)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def row(table: str, name: str) -> list[str]:
    line = next(line for line in map(str.strip, table.splitlines()) if line.startswith(name))
    return line.removeprefix(name).split()


def closed_level(**fields: object) -> result_pb2.LevelResult:
    level = result_pb2.LevelResult(
        concurrency=10,
        total_requests=1234,
        successful_requests=1230,
        failed_requests=4,
        error_rate_percent=0.3,
        ttft=Stats(p50=101.26, p99=1500.2, count=1230),
        itl=Stats(p50=4.04),
        tpot=Stats(),
        e2e_latency=Stats(p50=50.55, p99_bound=result_pb2.QuantileBound(at_most=61.0, confidence=0.6)),
        request_rate_per_sec=99.94,
        throughput_tokens_per_sec=12345.6,
        duration_seconds=75.2,
        verdict=result_pb2.Verdict(status="degraded", reasons=["the loop was 12 ms late"]),
        errors={"http_5xx": 4},
        error_messages={"http_5xx": "[red]status 500"},
    )
    level.MergeFrom(result_pb2.LevelResult(**fields))
    return level


def test_a_table_has_a_column_for_each_level():
    table = text_of(result_tables(result_pb2.RunResult(results=[closed_level(), closed_level(concurrency=50)])))
    assert row(table, "requests  ") == ["1,234", "1,234"]
    assert "c=10" in table
    assert "c=50" in table
    assert row(table, "TTFT p50 ms")[0] == "101"
    assert row(table, "TTFT p99 ms")[0] == "1,500"
    assert row(table, "ITL p50 ms")[0] == "4.04"
    assert row(table, "ITL p99 ms")[0] == "-"
    assert row(table, "TPOT p50 ms")[0] == "-"
    assert row(table, "E2E p50 ms")[0] == "50.5"
    assert row(table, "output tokens/s")[0] == "12,346"
    assert row(table, "duration")[0] == "1:15"
    assert row(table, "verdict") == ["degraded", "degraded"]
    assert "goodput" not in table


def test_too_few_values_show_what_can_be_claimed():
    table = text_of(result_tables(result_pb2.RunResult(results=[closed_level()])))
    assert row(table, "E2E p99 ms") == ["<=61.0"]


def test_errors_verdicts_and_notes_are_told_and_not_interpreted():
    table = text_of(result_tables(result_pb2.RunResult(results=[closed_level()], notes=["agent [b]a lost"])))
    assert "c=10: 4 x http_5xx: [red]status 500" in table
    assert "c=10: the loop was 12 ms late" in table
    assert "note: agent [b]a lost" in table
    assert row(table, "errors") == ["4", "(0.3", "%)"]


def test_an_open_level_shows_what_it_reached_and_goodput_when_asked_for():
    level = result_pb2.LevelResult(
        requested_rate=200,
        achieved_rate=199.5,
        schedule_delay=Stats(p99=0.4),
        goodput=result_pb2.GoodputResult(goodput_percent=98.76),
        cancelled_requests=3,
        censored_requests=2,
    )
    table = text_of(result_tables(result_pb2.RunResult(results=[level])))
    assert "200/s" in table
    assert row(table, "achieved rate/s") == ["199.5"]
    assert row(table, "schedule delay p99 ms") == ["0.40"]
    assert row(table, "goodput") == ["98.8", "%"]
    assert row(table, "not finished") == ["5"]


def test_many_levels_are_split_over_tables():
    levels = [closed_level(concurrency=number) for number in range(1, 15)]
    table = text_of(result_tables(result_pb2.RunResult(results=levels)))
    assert table.count("TTFT p50 ms") == 3
    assert all(f"c={number}" in table for number in range(1, 15))


@pytest.mark.parametrize("width", [160, 100, 80, 60, 40])
def test_no_number_is_cut_where_the_terminal_is_narrow(width: int):
    levels = [closed_level(concurrency=10**n, total_requests=1_000_000 + n) for n in range(6)]
    table = text_of(result_tables(result_pb2.RunResult(results=levels)), width)
    counts = [word for line in table.splitlines() if "requests  " in line for word in line.split()[1:]]
    assert counts == [f"1,000,00{n}" for n in range(6)]
    assert max(map(len, table.splitlines())) <= width


def test_the_live_table_is_for_terminals_that_can_show_it(monkeypatch: pytest.MonkeyPatch):
    def chosen(width: int, term: str = "xterm") -> type:
        monkeypatch.setenv("TERM", term)
        progress = progress_for(Console(file=io.StringIO(), force_terminal=True, width=width))
        progress.close()
        return type(progress)

    assert (chosen(80), chosen(79), chosen(80, "dumb")) == (LiveProgress, PlainProgress, PlainProgress)


def test_NO_COLOR_is_heeded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    for setting, colored in (("", True), ("1", False)):
        monkeypatch.setenv("NO_COLOR", setting)
        screen = io.StringIO()
        Console(file=screen, force_terminal=True).print(
            result_tables(result_pb2.RunResult(results=[closed_level()]))
        )
        assert ("\x1b[33m" in screen.getvalue()) is colored


def test_lists_of_runs():
    run = run_pb2.Run(run_id="0190", status="failed", model="[m]", server_url="http://x")
    run.created_at.FromSeconds(1_700_000_000)
    run.labels.update({"team": "[s]", "gpu": ""})
    run.baseline = True
    table = text_of(runs_table([run]))
    assert "baseline, gpu, team=[s]" in table
    assert all(word in table for word in ("0190", "failed", "[m]", "http://x", "2023-11-1"))


NOW = 1_700_000_000.0


def known_agent(**fields: object) -> fleet_pb2.Agent:
    plain = {"state": fleet_pb2.AGENT_STATE_DRAINING, "hostname": "h", "worker_count": 4, "lease_count": 1}
    calibration = agent_pb2.Calibration(max_requests_per_sec=2_500, max_tokens_per_sec=31_000)
    calibration.measured_at_micros = round((NOW - 3 * 86_400 - 5) * 1e6)
    plain |= {"labels": {"zone": "a", "region": "eu"}, "calibration": calibration, "clock_steps": 7}
    plain |= {"clock_offset_micros": -1234.4, "clock_uncertainty_micros": 90.0, "uplink_bytes": 3 * 2**20}
    agent = fleet_pb2.Agent(agent_id="a-1", **plain | fields)
    agent.last_seen_at.FromSeconds(round(NOW) - 2)
    return agent


def test_agents_are_listed_with_what_they_can_do():
    table = text_of(agents_table([known_agent(), fleet_pb2.Agent(agent_id="new", state=1)], NOW))
    titles, _, known, new = (line.split() for line in table.splitlines() if line.strip())
    assert titles[:3] == ["agent", "state", "labels"]
    shown = ["a-1", "draining", "region=eu,zone=a", "4", "1", "10,000", "124,000", "3", "d", "ago"]
    assert known == [*shown, "-1,234", "+-", "90", "7", "3.0", "MiB", "2", "s", "ago"]
    assert new == ["new", "ready", "-", "0", "0", "-", "-", "never", "-", "0", "0", "B", "-"]
    assert text_of(agents_table([], NOW)).split()[0] == "agent"


@pytest.mark.parametrize("width", [200, 120, 80, 40])
def test_no_figure_of_an_agent_is_cut_where_the_terminal_is_narrow(width: int):
    table = text_of(agents_table([known_agent()], NOW), width)
    for figure in ("10,000", "124,000", "3 d ago", "-1,234 +- 90", "3.0 MiB"):
        assert figure in table
    assert max(map(len, table.splitlines())) <= width


def test_one_agent_is_shown_with_its_host():
    shown = text_of(agent_details(known_agent(host={"cpu_count": "2"}, software_version="0.2"), NOW))
    lines = [line.split(maxsplit=1) for line in shown.splitlines()]
    assert lines[0] == ["a-1"]
    assert {"state": "draining", "software": "0.2", "cpu_count": "2"}.items() <= dict(lines[1:]).items()


def test_a_run_of_several_agents_shows_the_part_of_each():
    agents = [
        result_pb2.AgentResult(
            agent_id=f"a-{n}", worker_count=2, total_requests=1000 + n, successful_requests=990, ttft_p50=5.25
        )
        for n in range(25)
    ]
    alone = text_of(result_tables(result_pb2.RunResult(results=[closed_level()], agents=agents[:1])))
    assert "a-0" not in alone
    table = text_of(result_tables(result_pb2.RunResult(results=[closed_level()], agents=agents)))
    assert row(table, "a-3 ")[:5] == ["2", "1,003", "990", "5.25", "-"]
    assert "a-19" in table
    assert "a-20" not in table
    assert "5 more agents are in the result document" in table
    narrow = text_of(result_tables(result_pb2.RunResult(results=[closed_level()], agents=agents[:2])), 50)
    assert "1,001" in narrow


@pytest.mark.parametrize(
    ("seconds_", "said"),
    [(-5, "0 s ago"), (59.4, "59 s ago"), (60, "1 min ago"), (7300, "2 h ago"), (1e6, "11 d ago")],
)
def test_ages_are_told_in_their_largest_unit(seconds_: float, said: str):
    assert age(seconds_) == said


def test_bytes_are_told_in_binary_units():
    assert [byte_count(n) for n in (0, 1023, 1024, 5 * 2**20, 3 * 2**40)] == [
        "0 B",
        "1023 B",
        "1.0 KiB",
        "5.0 MiB",
        "3,072.0 GiB",
    ]


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


def test_a_timeline_has_a_line_for_each_second_of_each_level():
    latency = run_pb2.LiveLatency(p50=12.34, p95=56.7, count=3)
    point = {"due_count": 1_200, "sent_count": 1_100, "success_count": 90, "error_count": 2, "in_flight": 55}
    points = [
        run_pb2.TimelinePoint(level=level, second=second, output_tokens=7_000, ttft=latency, **point)
        for level, second in ((0, 0), (0, 1), (3, 0))
    ]
    wide = "".join(text_of(table) for table in timeline_tables(points))
    assert row(wide, "1 s") == ["1,200", "1,100", "90", "2", "55", "7,000", "12.3", "56.7", "-", "-"]
    assert wide.count("0 s") == 2
    assert wide.index("level 0") < wide.index("level 3")
    narrow = "".join(text_of(table, 30) for table in timeline_tables(points))
    assert narrow.count("1,200") == 3
    assert max(map(len, narrow.splitlines())) <= 30


def test_the_live_table_shows_whole_numbers_where_they_are_long():
    screen = io.StringIO()
    progress = LiveProgress(Console(file=screen, force_terminal=True, width=80, markup=False, highlight=False))
    latency = run_pb2.LiveLatency(p50=12_345, p99=54_321)
    long = {"concurrency": 100_000, "completed": 98_765_432, "request_rate": 123_456, "token_rate": 1_234_567}
    progress.update(progress_update(**long, ttft=latency, error_count=765_432, elapsed_seconds=12_345))
    progress.close()
    for text in ("98,765,432", "123,456", "1,234,567", "12,345", "54,321", "765,432"):
        assert text in screen.getvalue()


def progress_update(**level: object) -> run_pb2.WatchRunResponse:
    base = {"index": 0, "concurrency": 10, "percent": 25.0, "completed": 25, "elapsed_seconds": 5.0}
    return run_pb2.WatchRunResponse(
        level_count=1,
        levels=[run_pb2.LevelProgress(**{**base, **level})],
    )


def test_a_level_is_described_in_one_line():
    update = progress_update(
        request_rate=5.04, token_rate=640, error_count=2, ttft=run_pb2.LiveLatency(p50=20.5, p99=31)
    )
    assert describe(update.levels[0]) == (
        "c=10:  25 %, 25 requests, 5.0 requests/s, 640.0 tokens/s, TTFT p50 20.5 p99 31.0 ms, 2 errors, ETA 15 s"
    )


def test_the_end_of_a_level_is_estimated_from_its_mean_speed():
    assert remaining_seconds(progress_update().levels[0]) == pytest.approx(15.0)
    assert remaining_seconds(progress_update(percent=0.0).levels[0]) is None
    assert remaining_seconds(progress_update(finished=True).levels[0]) == 0.0


def test_plain_progress_prints_every_end_of_a_level_once(capsys: pytest.CaptureFixture[str]):
    progress = PlainProgress()
    progress.update(progress_update())
    ended = progress_update(finished=True, percent=95.0, completed=95)  # 5 were censored
    progress.update(ended)
    progress.update(ended)
    progress.close()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("c=10: 95 requests")
    assert captured.err.endswith("done\n")


def test_live_progress_draws_and_leaves_the_terminal_as_it_was():
    screen = io.StringIO()
    progress = LiveProgress(Console(file=screen, force_terminal=True, width=120, markup=False, highlight=False))
    progress.update(progress_update(error_count=3))
    progress.say("run [x] started")
    progress.close()
    shown = screen.getvalue()
    assert "c=10" in shown
    assert "run [x] started" in shown
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (milliseconds(None), "-"),
        (milliseconds(0.123), "0.12"),
        (milliseconds(12.34), "12.3"),
        (milliseconds(1234.5), "1,234"),
        (rate(None), "-"),
        (rate(12.34), "12.3"),
        (rate(12345.6), "12,346"),
        (percent(None), "-"),
        (percent(99.96), "100.0 %"),
        (seconds(None), "-"),
        (seconds(59.2), "59 s"),
        (seconds(61), "1:01"),
        (seconds(3723), "1:02:03"),
    ],
)
def test_figures(written: str, expected: str):
    assert written == expected


def outcome(state: int, *, succeeded: int, interrupted: bool = False) -> Outcome:
    levels = [result_pb2.LevelResult(total_requests=5, successful_requests=succeeded)]
    return Outcome(run_pb2.Run(state=state, error="why"), result_pb2.RunResult(results=levels), interrupted)


@pytest.mark.parametrize(
    ("made", "code", "says"),
    [
        (outcome(run_pb2.RUN_STATE_COMPLETED, succeeded=1), 0, ""),
        (outcome(run_pb2.RUN_STATE_COMPLETED, succeeded=0), 1, "every request failed"),
        (outcome(run_pb2.RUN_STATE_FAILED, succeeded=5), 1, "why"),
        (outcome(run_pb2.RUN_STATE_CANCELLED, succeeded=5), 1, "cancelled"),
        (outcome(run_pb2.RUN_STATE_CANCELLED, succeeded=5, interrupted=True), 130, "interrupted"),
        (Outcome(run_pb2.Run(state=run_pb2.RUN_STATE_FAILED), None), 1, "failed"),
    ],
)
def test_outcomes_have_exit_codes(made: Outcome, code: int, says: str):
    assert made.exit_code == code
    assert says in made.complaint
    assert bool(made.complaint) == (code != 0)
