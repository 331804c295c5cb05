"""Which lines a terminal shows of a run that goes on, by its size."""

import itertools

import pytest

from loadcell.cli.live.history import RunHistory
from loadcell.cli.live.line import BLOCKS, PLAIN_BLOCKS, Column, Field, Span, bar, line, sparkline, table, text_of
from loadcell.cli.live.screen import level_names, screen
from loadcell.cli.live.sections import Section, fixed, stack
from loadcell.v1 import run_pb2

RUN_ID = "0198c0de-0000-7000-8000-000000000000"
LATENCY = run_pb2.LiveLatency(mean=23.4, p50=21.5, p95=123.4, p99=12_345, count=500)


def update(
    *, levels: int = 3, begun: int = 2, agents: int = 2, agent_count: int | None = None
) -> run_pb2.WatchRunResponse:
    made = run_pb2.WatchRunResponse(
        level_count=levels,
        overall_percent=47,
        eta_seconds=61,
        agents=[
            run_pb2.AgentProgress(
                agent_id=f"agent-{number}",
                state="running",
                ended=1_000 + number,
                in_flight=5,
                verdict="clean",
            )
            for number in range(agents)
        ],
        agent_count=agents if agent_count is None else agent_count,
    )
    made.run.run_id, made.run.status, made.run.model = RUN_ID, "running", "my-model"
    made.run.server_url = "http://127.0.0.1:8000"
    made.run.config.rate.extend(100.0 * (index + 1) for index in range(levels))
    for index in range(begun):
        made.levels.add(
            index=index,
            requested_rate=100.0 * (index + 1),
            finished=index < begun - 1,
            percent=40,
            completed=98_765_432,
            request_rate=98.2,
            token_rate=1_234_567,
            in_flight=10,
            error_count=3,
            errors={"timeout": 2, "http_5xx": 1},
            ttft=LATENCY,
            itl=LATENCY,
            e2e=LATENCY,
            verdict="client_limited",
            elapsed_seconds=10,
        )
    return made


def seen(*updates: run_pb2.WatchRunResponse) -> RunHistory:
    history = RunHistory()
    for number, each in enumerate(updates):
        history.take(each, float(number))
    return history


def texts(history: RunHistory, width: int, height: int) -> list[str]:
    return [text_of(shown) for shown in screen(history, width, height)]


def test_a_wide_screen_shows_everything():
    history = seen(update(), update())
    history.said.append("waiting for something")
    shown = texts(history, 120, 40)
    text = "\n".join(shown)
    assert shown[0] == f"{RUN_ID}  running  my-model  http://127.0.0.1:8000"
    assert "47 %  2 of 3 levels  1:01 to go" in shown[1]
    states = {words[0]: words[1] for words in map(str.split, shown) if words and words[0].endswith("/s")}
    assert (states["100/s"], states["200/s"], states["300/s"]) == ("done", "40", "waiting")
    assert "98.2 of 200.0 req/s" in text
    assert "10 in flight" in text
    assert [words.split()[1:] for words in shown if words.startswith(("TTFT", "ITL", "E2E"))] == [
        ["23.4", "21.5", "123", "12,345"]
    ] * 3
    assert "errors 3 (<0.1 %)  timeout 2  http_5xx 1" in text
    assert "client  client limited" in text
    assert "agent-1" in text
    assert shown[-1] == "waiting for something"


@pytest.mark.parametrize("width", [10, 40, 41, 60, 79, 80, 200])
@pytest.mark.parametrize("height", [1, 8, 12, 24, 60])
def test_no_line_is_too_long_and_there_are_not_too_many(width: int, height: int):
    history = seen(update(levels=30, begun=20, agents=12, agent_count=500))
    history.said.append("a sentence that is longer than most terminals are wide, so that it has to be cut " * 3)
    shown = texts(history, width, height)
    assert 1 <= len(shown) <= height
    assert max(map(len, shown)) <= max(width, len("98.2 of 2,000 req/s"))
    for text in ("12,345", "98,765,432", "1,234,567"):  # whole or not at all
        assert not any(piece in shown_line for shown_line in shown for piece in (f"{text[:-1]} ", f" {text[1:]}"))


def test_40_columns_show_what_matters_most():
    text = "\n".join(texts(seen(update(), update()), 40, 24))
    for expected in (RUN_ID, "47 %", "100/s", "done", "waiting", "98.2 of 200.0 req/s", "12,345"):
        assert expected in text
    for expected in ("errors 3", "client limited", "agent-0"):
        assert expected in text


@pytest.mark.parametrize("width", [40, 60])
def test_a_narrow_screen_says_what_a_wide_one_does(width: int):
    history = seen(update(), update())
    waits = "waiting for 2 agents with zone=a: 1 is connected and works for another run, which has the one before"
    history.said.append(waits)
    shown = texts(history, width, 40)
    assert shown[0] == RUN_ID
    assert shown[1] == "running  my-model  http://127.0.0.1:8000"
    assert waits in " ".join(shown)


def test_the_latency_of_a_level_has_its_name_however_many_columns_there_are():
    assert "TTFT p99" in texts(seen(update()), 60, 40)[4]


def test_a_low_screen_keeps_the_present_level():
    shown = "\n".join(texts(seen(update(levels=30, begun=20, agents=12)), 80, 12))
    assert "2000/s" in shown
    assert "100/s " not in shown
    assert "agent-" not in shown


def test_agents_that_are_not_shown_are_counted():
    shown = texts(seen(update(agents=12, agent_count=500)), 80, 60)
    assert sum(line_.startswith("agent-") for line_ in shown) == 12
    assert "and 488 more agents" in shown
    low = texts(seen(update(agents=12)), 80, 22)
    hidden = 12 - sum(line_.startswith("agent-") for line_ in low)
    assert 0 < hidden < 12
    assert f"and {hidden} more agents" in low


def test_before_the_first_level_the_run_and_its_agents_are_shown():
    shown = texts(seen(update(begun=0)), 80, 24)
    assert sum("waiting" in line_ for line_ in shown) == 3
    assert any(line_.startswith("agent-0") for line_ in shown)
    assert texts(RunHistory(), 80, 24)  # nothing is known yet


def test_levels_are_named_by_their_plan_or_as_far_as_they_are_known():
    assert level_names(update()) == ["100/s", "200/s", "300/s"]
    planned_elsewhere = update(begun=1)
    planned_elsewhere.run.config.ClearField("rate")
    assert level_names(planned_elsewhere) == ["100/s", "", ""]


def test_rates_are_kept_for_the_present_level_and_not_too_often():
    history = RunHistory()
    for tick in range(20):
        history.take(update(begun=1), tick / 10)
    assert len(history.rates) == 4
    history.take(update(begun=2), 2.0)
    assert len(history.rates) == 1
    for tick in range(2_000):
        history.take(update(begun=2), 3.0 + tick)
    assert len(history.rates) == 500


def test_the_rate_of_an_agent_is_that_of_the_last_seconds():
    history = RunHistory()
    for second, ended in enumerate((0, 1_000, 1_010, 1_020, 1_030, 1_040, 1_050)):
        each = update(agents=1)
        each.agents[0].ended = ended
        history.take(each, float(second))
        assert (history.agent_rate("agent-0") is None) == (second == 0)
    assert history.agent_rate("agent-0") == 10.0
    assert history.agent_rate("agent-9") is None
    history.take(update(agents=0), 9.0)
    assert history.agent_rate("agent-0") is None


def test_bars_are_as_high_as_what_is_wanted_or_the_largest():
    assert text_of(sparkline([0, 50, 100], 10)) == "▁▅█"
    assert text_of(sparkline([0, 50, 100], 2, wanted=200)) == "▃▅"
    assert sparkline([50, 100], 10, wanted=100) == (Span("▅", "yellow"), Span("█", "cyan"))
    assert text_of(sparkline([0, 0], 10, blocks=PLAIN_BLOCKS)) == "__"
    assert (sparkline([], 10), sparkline([1], 0)) == ((), ())
    assert text_of(bar(50, 4)) == f"{BLOCKS[-1] * 2}{BLOCKS[0] * 2}"
    assert text_of(bar(250, 2, PLAIN_BLOCKS)) == "##"


def test_fields_of_the_least_weight_give_way():
    fields = (Field("aaaa", 2), Field("bb", 9), Field("", 9), Field("cccc", 2))
    shown = [text_of(line(*fields, width=width)) for width in (14, 13, 8, 7, 1)]
    assert shown == ["aaaa  bb  cccc", "aaaa  bb", "aaaa  bb", "bb", "bb"]
    assert text_of(line(Field("a long sentence", 1, words=True), width=8)) == "a lon..."
    assert line(width=8) == ()


def test_columns_of_the_least_weight_give_way():
    columns = (Column("name", 9, left=True), Column("much", 1), Column("n", 5))
    rows = [[Span("x"), Span("1,000"), Span("7")]]
    assert [text_of(row) for row in table(columns, rows, 80)] == ["name   much  n", "x     1,000  7"]
    assert [text_of(row) for row in table(columns, rows, 12)] == ["name  n", "x     7"]


def test_sections_give_way_by_weight_and_spaces_first():
    def rows(name: str) -> list[tuple[Span, ...]]:
        return [(Span(f"{name}{number}"),) for number in range(3)]

    sections = [
        fixed(rows("a"), 9),
        Section(1, 3, 2, lambda count: rows("b")[:count], spaced=True),
        fixed(rows("c"), 5, spaced=True),
    ]
    heights = {height: "".join(text_of(shown) or "-" for shown in stack(sections, height)) for height in range(12)}
    assert heights[11] == "a0a1a2-b0b1b2-c0c1c2"
    assert heights[10] == "a0a1a2-b0b1b2c0c1c2"
    assert heights[8] == "a0a1a2b0b1c0c1c2"
    assert heights[7] == "a0a1a2-c0c1c2"
    assert heights[5] == "a0a1a2"
    assert heights[2] == ""
    assert all(len(stack(sections, height)) <= height for height in itertools.islice(itertools.count(), 12))
