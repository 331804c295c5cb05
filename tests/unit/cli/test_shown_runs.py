"""What people see of runs: tables of results, lists, and how a run ended."""

import io

import pytest
from rich.console import Console

from loadcell.cli.layout import console
from loadcell.cli.measure import Outcome
from loadcell.cli.tables import RunsTable, result_tables
from loadcell.v1 import result_pb2, run_pb2
from tests.unit.cli.shown_text import row, text_of

Stats = result_pb2.LatencyStats


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
    table = text_of(RunsTable([run]))
    assert "baseline, gpu, team=[s]" in table
    assert all(word in table for word in ("0190", "failed", "[m]", "http://x", "2023-11-1"))


@pytest.mark.parametrize("width", [36, 40, 60, 80, 120])
def test_no_identifier_is_cut_where_the_terminal_is_narrow(width: int):
    runs = [
        run_pb2.Run(run_id=f"0198c0de-0000-7000-8000-{n:012}", status="completed", model="a-model/of a-name")
        for n in range(3)
    ]
    runs[0].labels.update({"team": "infra", "gpu": "h100"})
    runs[0].server_url = "http://gateway.example.com:8000/some/path"
    shown = text_of(RunsTable(runs), width)
    assert all(run.run_id in shown for run in runs)
    assert all(word in shown.split() for word in ("completed", "a-model/of", "gpu=h100,", "team=infra"))
    assert max(map(len, shown.splitlines())) <= width


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


def test_what_a_server_calls_its_model_is_shown_and_steers_nothing(capsys):
    named = run_pb2.Run(run_id="r", status="completed", model="a\x1b[31mb\x9bc\u202ed")
    console().print(RunsTable([named]))
    shown = capsys.readouterr().out
    assert "a\ufffd[31mb\ufffd" in shown
    assert not {"\x1b", "\x9b", "\u202e"} & set(shown)
