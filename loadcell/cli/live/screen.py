"""The live view of a run: which lines a terminal of a width and a height shows of it. Pure."""

from textwrap import wrap

from loadcell.cli.live.history import RunHistory
from loadcell.cli.live.line import BLOCKS, Column, Field, Line, Span, bar, line, sparkline, table, text_of
from loadcell.cli.live.sections import Section, fixed, stack
from loadcell.figures import ABSENT, milliseconds, percent, rate, seconds
from loadcell.levels import level_name
from loadcell.v1 import run_pb2

VERDICT_STYLE = {"clean": "green", "degraded": "yellow", "client_limited": "red"}
_STATE_STYLE = {"done": "green", "running": "cyan", "waiting": "dim", "failed": "red", "expired": "red"}
_STATUS_STYLE = {"completed": "green", "failed": "red", "cancelled": "yellow", "running": "cyan"}
_LATENCIES = (("TTFT", "ttft"), ("ITL", "itl"), ("E2E", "e2e"))
_LATENCY_COLUMNS = (
    Column("ms", 9, left=True),
    Column("mean", 5),
    Column("p50", 8),
    Column("p95", 6),
    Column("p99", 7),
)
_LEVEL_COLUMNS = (
    Column("level", 9, left=True),
    Column("state", 8, left=True),
    Column("requests", 5),
    Column("req/s", 7),
    Column("tokens/s", 3),
    Column("TTFT p50", 2),
    Column("TTFT p99", 4),
    Column("errors", 6),
)
_AGENT_COLUMNS = (
    Column("agent", 9, left=True),
    Column("state", 6, left=True),
    Column("in flight", 5),
    Column("requests", 3),
    Column("req/s", 7),
    Column("unsent", 2),
    Column("verdict", 4, left=True),
)
_BAR_WIDTH = 20
_NOTES = 3


def screen(history: RunHistory, width: int, height: int, blocks: str = BLOCKS) -> list[Line]:
    """Return the lines of the view, none longer than the width and at most as many as the height.

    Args:
        history: What was seen of the run.
        width: Characters of a line.
        height: Lines.
        blocks: Eight characters, from the lowest bar to the highest.
    """
    level = history.present
    head = _head(history.update, width, blocks)
    sections = [Section(10, len(head), 1, lambda count: head[:count]), _levels(history.update, width)]
    if level is not None:
        sections += [
            fixed(_rate(history, level, width, blocks), 7, spaced=True),
            fixed(_latencies(level, width), 6, spaced=True),
            fixed(_findings(level, width), 8, spaced=True),
        ]
    sections += [_agents(history, width), _notes(history, width)]
    return stack(sections, height)


def level_names(update: run_pb2.WatchRunResponse) -> list[str]:
    """Return what the levels of a run are called, those to come included; empty where nobody knows yet."""
    config = update.run.config
    planned = [level_name(c, 0) for c in config.concurrency] + [level_name(0, r) for r in config.rate]
    if len(planned) != update.level_count:
        planned = [""] * update.level_count
    for level in update.levels:
        if level.index < len(planned):
            planned[level.index] = level_name(level.concurrency, level.requested_rate)
    return planned


def remaining_seconds(level: run_pb2.LevelProgress) -> float | None:
    """Estimate how long a level still takes at its mean speed so far; None when nothing can be said yet."""
    if level.finished:
        return 0.0
    if level.percent <= 0 or level.elapsed_seconds <= 0:
        return None
    return level.elapsed_seconds * (100 - level.percent) / level.percent


def _head(update: run_pb2.WatchRunResponse, width: int, blocks: str) -> list[Line]:
    run = update.run
    identifier = Field(run.run_id, 9, "bold", words=True)
    about = (
        Field(run.status, 8, _STATUS_STYLE.get(run.status, "")),
        Field(run.model, 5),
        Field(run.server_url, 3),
    )
    named = [line(identifier, *about, width=width)]
    if not text_of(named[0]).endswith(run.server_url):
        named = [line(identifier, width=width), line(*about, width=width)]
    done = f"{update.overall_percent:.0f} %"
    eta = seconds(update.eta_seconds) if update.HasField("eta_seconds") else ABSENT
    rest = line(
        Field(done, 9, "bold"),
        Field(f"{len(update.levels)} of {update.level_count} levels", 7),
        Field(f"{eta} to go", 6),
        width=max(1, width - 2),
    )
    room = width - sum(len(span.text) for span in rest) - 2
    drawn = bar(update.overall_percent, min(_BAR_WIDTH, room), blocks) if room >= 5 else ()
    return [*named, (*drawn, Span("  "), *rest) if drawn else rest]


def _levels(update: run_pb2.WatchRunResponse, width: int) -> Section:
    names = level_names(update)
    begun = {level.index: level for level in update.levels}
    rows = [_level(name, begun.get(index)) for index, name in enumerate(names)]
    present = update.levels[-1].index if update.levels else 0

    def draw(count: int) -> list[Line]:
        # Those around the present one where there is no room for all.
        room = count - 1
        first = max(0, min(present - room // 2, len(rows) - room))
        return table(_LEVEL_COLUMNS, rows[first : first + room], width)

    return Section(5, len(rows) + 1 if rows else 0, 2, draw, spaced=True)


def _level(name: str, level: run_pb2.LevelProgress | None) -> list[Span]:
    if level is None:
        return [Span(name or ABSENT, "dim"), Span("waiting", "dim"), *[Span("")] * (len(_LEVEL_COLUMNS) - 2)]
    state = "done" if level.finished else "running"
    shown = state if level.finished else f"{level.percent:.0f} %"
    return [
        Span(name),
        Span(shown, _STATE_STYLE[state]),
        Span(f"{level.completed:,}"),
        Span(rate(level.request_rate)),
        Span(rate(level.token_rate)),
        Span(_value(level.ttft, "p50")),
        Span(_value(level.ttft, "p99")),
        Span(f"{level.error_count:,}", "red" if level.error_count else ""),
    ]


def _rate(history: RunHistory, level: run_pb2.LevelProgress, width: int, blocks: str) -> list[Line]:
    wanted = level.requested_rate if level.HasField("requested_rate") else None
    reached = f"{rate(level.request_rate)} of {rate(wanted)}" if wanted is not None else rate(level.request_rate)
    said = line(
        Field(f"{reached} req/s", 9, "bold"),
        Field(f"{level.in_flight:,} in flight", 8),
        Field(f"{rate(level.token_rate)} tokens/s", 7),
        Field(f"{level.completed:,} requests", 5),
        Field(f"{seconds(remaining_seconds(level))} to go" if not level.finished else "", 3),
        width=width,
    )
    return [said, sparkline(history.rates, width, wanted=wanted, blocks=blocks)]


def _latencies(level: run_pb2.LevelProgress, width: int) -> list[Line]:
    rows = []
    for title, field in _LATENCIES:
        latency = getattr(level, field)
        rows.append([Span(title), *(Span(_value(latency, name)) for name in ("mean", "p50", "p95", "p99"))])
    return table(_LATENCY_COLUMNS, rows, width)


def _findings(level: run_pb2.LevelProgress, width: int) -> list[Line]:
    share = percent(100 * level.error_count / level.completed) if level.completed else ABSENT
    failed = [
        Field(f"{name} {count:,}", max(1, 7 - at), "red")
        for at, (name, count) in enumerate(sorted(level.errors.items(), key=lambda kind: (-kind[1], kind[0])))
    ]
    style = "red" if level.error_count else ""
    return [
        line(Field(f"errors {level.error_count:,} ({share})", 9, style), *failed, width=width),
        line(
            Field("client", 9),
            Field(level.verdict.replace("_", " ") or ABSENT, 8, VERDICT_STYLE.get(level.verdict, "")),
            width=width,
        ),
    ]


def _agents(history: RunHistory, width: int) -> Section:
    agents = history.update.agents
    rows = [
        [
            Span(agent.agent_id),
            Span(agent.state, _STATE_STYLE.get(agent.state, "")),
            Span(f"{agent.in_flight:,}"),
            Span(f"{agent.ended:,}"),
            Span(rate(history.agent_rate(agent.agent_id))),
            Span(f"{agent.unacknowledged_batches:,}"),
            Span(agent.verdict.replace("_", " "), VERDICT_STYLE.get(agent.verdict, "")),
        ]
        for agent in agents
    ]

    def draw(count: int) -> list[Line]:
        hidden = history.update.agent_count - len(rows[: count - 1])
        if hidden == 0:
            return table(_AGENT_COLUMNS, rows, width)
        shown = rows[: count - 2]
        hidden = history.update.agent_count - len(shown)
        more = line(Field(f"and {hidden:,} more agents", 9, "dim", words=True), width=width)
        return [*table(_AGENT_COLUMNS, shown, width), more]

    wanted = len(rows) + (1 if len(rows) == history.update.agent_count else 2)
    return Section(3, wanted if rows else 0, 3 if history.update.agent_count > 1 else 2, draw, spaced=True)


def _notes(history: RunHistory, width: int) -> Section:
    told = dict.fromkeys([*history.update.notes, *history.said])
    newest = list(told)[-_NOTES:]
    lines: list[Line] = [(Span(part, "yellow"),) for note in newest for part in wrap(note, width)]

    def draw(count: int) -> list[Line]:
        return lines[-count:]

    return Section(4, len(lines), 1, draw, spaced=True)


def _value(latency: run_pb2.LiveLatency, name: str) -> str:
    return milliseconds(getattr(latency, name) if latency.HasField(name) else None)
