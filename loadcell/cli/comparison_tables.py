"""Comparisons of runs on the terminal."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from google.protobuf.message import Message
from rich.console import Group, RenderableType
from rich.text import Text

from loadcell.cli.layout import VERDICT_STYLE, TableOrLines, styled
from loadcell.figures import milliseconds, percent, rate
from loadcell.levels import level_name, parse_level_key
from loadcell.v1 import run_pb2

_FIGURES = ("tokens/s", "", "requests/s", "TTFT p50 ms", "", "E2E p99 ms", "errors", "verdict")
_DELTAS = ("base", "run", "change", "", "95 % interval", "")
_CHANGE_STYLE = {"better": "green", "worse": "red"}
_WRITTEN = {"ms": milliseconds, "percent": percent}


def comparison_tables(comparison: run_pb2.CompareRunsResponse) -> RenderableType:
    """Return the settings that differ, the figures level by level, what changed in each run, then the gates."""
    return Group(*_parts(comparison))


def _parts(comparison: run_pb2.CompareRunsResponse) -> Iterator[RenderableType]:
    for differing in comparison.setting_differences:
        values = f"{differing.base_value} in the first run, {differing.value} here"
        yield Text(f"{differing.run_id} differs in {differing.setting}: {values}", style="yellow")
    # Closed loops first, each kind by its load.
    for _, key in sorted((parse_level_key(key)[::-1], key) for key in comparison.by_concurrency):
        rows = [(figures.run_id, _figures(figures)) for figures in comparison.by_concurrency[key].runs]
        yield TableOrLines(_name(key), _FIGURES, rows)
        for figures in comparison.by_concurrency[key].runs:
            if figures.verdict == "client_limited":
                note = f"{_name(key)}: the figures of {figures.run_id} are those of the client, not of the server"
                yield Text(note, style="yellow")
    for (run_id, key), found in groupby(comparison.deltas, lambda delta: (delta.run_id, delta.level)):
        yield Text(f"{run_id} against the first run")
        yield TableOrLines(_name(key), _DELTAS, [(delta.metric, _delta(delta)) for delta in found])
    for title, best in (("best throughput", comparison.best_throughput), ("best TTFT", comparison.best_ttft)):
        if best.run_id:
            yield Text(f"{title}: {best.run_id} at {level_name(best.concurrency, best.rate)}")
    yield from _gates(comparison.gates)


def _figures(figures: run_pb2.ComparedFigures) -> tuple[Text | str, ...]:
    return (
        rate(_get(figures, "throughput_tokens_per_sec")),
        _percent_change(figures, "throughput_change_percent"),
        rate(_get(figures, "request_rate_per_sec")),
        milliseconds(_get(figures, "ttft_p50")),
        _percent_change(figures, "ttft_p50_change_percent"),
        milliseconds(_get(figures, "e2e_p99")),
        percent(_get(figures, "error_rate_percent")),
        styled(figures.verdict, VERDICT_STYLE),
    )


def _delta(delta: run_pb2.MetricDelta) -> tuple[Text | str, ...]:
    written = _WRITTEN.get(delta.unit, rate)
    ends = _get(delta, "change_low"), _get(delta, "change_high")
    return (
        written(_get(delta, "base_value")),
        written(_get(delta, "value")),
        f"{delta.change:+.4g}" if delta.HasField("change") else "",
        _percent_change(delta, "change_percent"),
        f"{ends[0]:+.4g} to {ends[1]:+.4g}" if ends[0] is not None else "",
        Text(delta.verdict.replace("_", " "), style=_CHANGE_STYLE.get(delta.verdict, "")),
    )


def _gates(gates: Iterable[run_pb2.GateOutcome]) -> Iterator[Text]:
    outcomes = list(gates)
    several = len({outcome.run_id for outcome in outcomes}) > 1
    for outcome in outcomes:
        where = [outcome.run_id] if several else []
        if outcome.level:
            where.append(_name(outcome.level))
        head = f"{' at '.join(where)}: " if where else ""
        yield Text(f"{head}{outcome.sentence}", style="green" if outcome.passed else "red")


def _name(key: str) -> str:
    concurrency, rate_ = parse_level_key(key)
    return level_name(concurrency, rate_)


def _get(message: Message, field: str) -> float | None:
    return getattr(message, field) if message.HasField(field) else None


def _percent_change(message: Message, field: str) -> str:
    change = _get(message, field)
    return "" if change is None else f"{change:+.1f} %"
