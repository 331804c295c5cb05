"""Tables on the terminal: results and runs."""

from collections.abc import Iterable, Sequence

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from loadcell.cli.agent_tables import agent_results_table
from loadcell.cli.layout import VERDICT_STYLE, fits, local_time, new_table, styled
from loadcell.cli.validation_lines import validation_lines
from loadcell.figures import ABSENT, percent, percentile, rate, seconds
from loadcell.levels import level_name
from loadcell.v1 import result_pb2, run_pb2

LEVELS_ABREAST = 6
_STATUS_STYLE = {"completed": "green", "failed": "red", "cancelled": "yellow", "running": "cyan"}
_LATENCIES = (("TTFT", "ttft"), ("ITL", "itl"), ("TPOT", "tpot"), ("E2E", "e2e_latency"))


def result_tables(result: result_pb2.RunResult) -> RenderableType:
    """Return a column of figures for each level, and what a reader must know."""
    shares = [agent_results_table(result.agents)] if len(result.agents) > 1 else []
    return Group(_Levels(result.results), *shares, *_findings(result))


class _Levels:
    """As many levels abreast as fit: a table that is too wide would be cut, and a cut number is a wrong number."""

    def __init__(self, levels: Sequence[result_pb2.LevelResult]) -> None:
        self._levels = levels

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for abreast in range(LEVELS_ABREAST, 0, -1):
            starts = range(0, len(self._levels), abreast)
            found = [_level_table(self._levels[start : start + abreast]) for start in starts]
            if fits(console, options, *found):
                break
        yield from found


def _level_table(levels: Sequence[result_pb2.LevelResult]) -> Table:
    table = new_table("", *(_name(level) for level in levels))
    table.add_row("requests", *(f"{level.total_requests:,}" for level in levels))
    table.add_row("errors", *(_errors(level) for level in levels))
    if any(level.cancelled_requests or level.censored_requests for level in levels):
        cut = (f"{level.cancelled_requests + level.censored_requests:,}" for level in levels)
        table.add_row("not finished", *cut)
    for title, field in _LATENCIES:
        for name in ("p50", "p99"):
            cells = (percentile(getattr(level, field), name) for level in levels)
            table.add_row(f"{title} {name} ms", *cells)
    table.add_row("requests/s", *(_optional(level, "request_rate_per_sec") for level in levels))
    if any(level.HasField("requested_rate") for level in levels):
        table.add_row("achieved rate/s", *(_optional(level, "achieved_rate") for level in levels))
        table.add_row("schedule delay p99 ms", *(percentile(level.schedule_delay, "p99") for level in levels))
    table.add_row("output tokens/s", *(_optional(level, "throughput_tokens_per_sec") for level in levels))
    if any(level.HasField("goodput") for level in levels):
        table.add_row("goodput", *(_goodput(level) for level in levels))
    table.add_row("duration", *(seconds(level.duration_seconds) for level in levels))
    table.add_row("verdict", *(styled(level.verdict.status, VERDICT_STYLE) for level in levels))
    return table


def _findings(result: result_pb2.RunResult) -> Iterable[Text]:
    for level in result.results:
        for reason in level.verdict.reasons:
            yield Text(f"{_name(level)}: {reason}", style="yellow")
        for name, message in sorted(level.error_messages.items()):
            yield Text(f"{_name(level)}: {level.errors[name]} x {name}: {message}", style="red")
    yield from validation_lines(result.validation if result.HasField("validation") else None)
    for note in result.notes:
        yield Text(f"note: {note}")


class RunsTable:
    """A line for each run, or some where the terminal is narrow: an identifier is copied, so it is never cut."""

    def __init__(self, runs: Sequence[run_pb2.Run]) -> None:
        self._runs = runs

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = new_table("run", "status", "model", "server", "created", "marks", numbers=False)
        for run in self._runs:
            status, created = styled(run.status, _STATUS_STYLE), local_time(run.created_at)
            table.add_row(run.run_id, status, run.model or ABSENT, run.server_url, created, _marks(run))
        if fits(console, options, table):
            yield table
            return
        for run in self._runs:
            status, created = styled(run.status, _STATUS_STYLE), local_time(run.created_at)
            yield Text.assemble(run.run_id, "  ", status, "  ", created)
            said = [part for part in (run.model, run.server_url, _marks(run)) if part]
            yield Padding(Text("  ".join(said)), (0, 0, 0, 2))


def _marks(run: run_pb2.Run) -> str:
    marks = ["baseline"] if run.baseline else []
    marks += ["recommend"] if run.recommendation else []
    return ", ".join(marks + [f"{key}={value}" if value else key for key, value in sorted(run.labels.items())])


def _name(level: result_pb2.LevelResult) -> str:
    return level_name(level.concurrency, level.requested_rate)


def _errors(level: result_pb2.LevelResult) -> Text:
    share = f" ({percent(level.error_rate_percent)})" if level.failed_requests else ""
    return Text(f"{level.failed_requests:,}{share}", style="red" if level.failed_requests else "")


def _goodput(level: result_pb2.LevelResult) -> str:
    goodput = level.goodput
    return percent(goodput.goodput_percent if goodput.HasField("goodput_percent") else None)


def _optional(message: result_pb2.LevelResult, field: str) -> str:
    return rate(getattr(message, field) if message.HasField(field) else None)
