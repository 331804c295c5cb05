"""Results and comparisons as Markdown, for pull requests and the summaries of CI jobs.

What comes from outside (names, addresses, messages of a server) is written as code: there it is neither markup nor
a mention of somebody nor a link.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from loadcell.figures import ABSENT, milliseconds, percent, percentile, rate, seconds
from loadcell.levels import level_name, parse_level_key
from loadcell.reports.early_end import EARLY_ENDS
from loadcell.v1 import result_pb2, run_pb2

MOST_ROWS = 100  # of a table, and of a list: a comment on GitHub has at most 65,536 characters
MOST_CHARACTERS = 200  # of a text from outside
FIGURES = (
    "throughput",
    "request_rate",
    "ttft.p50",
    "ttft.p99",
    "tpot.p50",
    "e2e.p50",
    "e2e.p99",
    "error_rate",
    "goodput",
)
"""Figures of a comparison that are shown; a gate may be on any other, too."""

_STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f\s]+")
_LEVEL_TITLES = (
    "level",
    "requests",
    "errors",
    "req/s",
    "tokens/s",
    "TTFT p50 ms",
    "TTFT p99 ms",
    "TPOT p50 ms",
    "E2E p50 ms",
    "E2E p99 ms",
    "goodput",
    "verdict",
)
_DELTA_TITLES = ("run", "level", "figure", "base", "now", "change", "95 % interval", "verdict")
_SETTING_TITLES = ("run", "setting", "base", "now")
_GATE_TITLES = ("gate", "run", "level", "outcome", "")
_WRITTEN = {"ms": milliseconds, "percent": percent}


def markdown(
    results: Sequence[result_pb2.RunResult], comparison: run_pb2.CompareRunsResponse | None = None
) -> str:
    """Return a report of runs; with a comparison, it begins with that."""
    parts = [] if comparison is None else list(_comparison(comparison))
    for result in results:
        parts += _run(result)
    return "\n\n".join(parts) + "\n"


def code(text: str) -> str:
    """Return a text from outside as code that no text can break out of."""
    plain = _STEERING.sub(" ", text).strip()
    shown = plain if len(plain) <= MOST_CHARACTERS else f"{plain[:MOST_CHARACTERS]}..."
    if not shown:
        return ABSENT
    longest = max(map(len, re.findall("`+", shown)), default=0)
    fence, space = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{space}{shown}{space}{fence}"


def _run(result: result_pb2.RunResult) -> Iterator[str]:
    yield f"## {code(result.model)}: {result.status}"
    if result.status in EARLY_ENDS:
        yield f"**{EARLY_ENDS[result.status]}**" + (f" {code(result.error)}" if result.error else "")
    begun = (
        result.started_at.ToDatetime().strftime("%Y-%m-%d %H:%M:%S UTC") if result.started_at.seconds else ABSENT
    )
    yield _table(
        ("", ""),
        [
            ("run", code(result.run_id)),
            ("server", code(result.server_url)),
            ("begun", f"{begun}, took {seconds(result.duration_seconds)}"),
            ("client", result.verdict.status.replace("_", " ") or ABSENT),
        ],
    )
    yield _table(_LEVEL_TITLES, [_level(level) for level in result.results])
    findings = [*_findings(result)]
    if findings:
        yield _list(findings)


def _level(level: result_pb2.LevelResult) -> tuple[str, ...]:
    goodput = level.goodput.goodput_percent if level.goodput.HasField("goodput_percent") else None
    return (
        _name(level),
        f"{level.total_requests:,}",
        f"{level.failed_requests:,}",
        rate(level.request_rate_per_sec if level.HasField("request_rate_per_sec") else None),
        rate(level.throughput_tokens_per_sec if level.HasField("throughput_tokens_per_sec") else None),
        percentile(level.ttft, "p50"),
        percentile(level.ttft, "p99"),
        percentile(level.tpot, "p50"),
        percentile(level.e2e_latency, "p50"),
        percentile(level.e2e_latency, "p99"),
        percent(goodput),
        level.verdict.status.replace("_", " ") or ABSENT,
    )


def _findings(result: result_pb2.RunResult) -> Iterator[str]:
    for level in result.results:
        for reason in level.verdict.reasons:
            yield f"{_name(level)}: {code(reason)}"
        for name, count in sorted(level.errors.items()):
            yield f"{_name(level)}: {count:,} x {name}: {code(level.error_messages[name])}"
    for note in result.notes:
        yield f"note: {code(note)}"


def _comparison(comparison: run_pb2.CompareRunsResponse) -> Iterator[str]:
    gates = comparison.gates
    if gates:
        missed = sum(not gate.passed for gate in gates)
        words = f"**{missed} of {len(gates)} missed**" if missed else f"all {len(gates)} passed"
        yield f"## Gates: {words}"
        # Those that were missed first: they must not be among what is left out.
        yield _table(_GATE_TITLES, [_gate(gate) for gate in sorted(gates, key=lambda gate: gate.passed)])
    if comparison.setting_differences:
        yield "## Settings that differ from the first run"
        yield _table(_SETTING_TITLES, [_setting(found) for found in comparison.setting_differences])
    deltas = [delta for delta in comparison.deltas if delta.metric in FIGURES]
    if deltas:
        yield "## Changes against the first run"
        yield _table(_DELTA_TITLES, [_delta(delta) for delta in deltas])


def _gate(gate: run_pb2.GateOutcome) -> tuple[str, ...]:
    outcome = "passed" if gate.passed else "**missed**"
    return code(gate.gate), code(gate.run_id), key_name(gate.level), outcome, code(gate.sentence)


def _setting(found: run_pb2.SettingDifference) -> tuple[str, ...]:
    return code(found.run_id), code(found.setting), code(found.base_value), code(found.value)


def _delta(delta: run_pb2.MetricDelta) -> tuple[str, ...]:
    written = _WRITTEN.get(delta.unit, rate)
    verdict = delta.verdict.replace("_", " ")
    low_high = f"{delta.change_low:+.4g} to {delta.change_high:+.4g}" if delta.HasField("change_low") else ABSENT
    return (
        code(delta.run_id),
        key_name(delta.level),
        delta.metric,
        written(delta.base_value if delta.HasField("base_value") else None),
        written(delta.value if delta.HasField("value") else None),
        f"{delta.change_percent:+.1f} %" if delta.HasField("change_percent") else ABSENT,
        low_high,
        f"**{verdict}**" if verdict in ("better", "worse") else verdict,
    )


def key_name(key: str) -> str:
    """Return what a level of a comparison is called; empty without one."""
    return level_name(*parse_level_key(key)) if key else ""


def _name(level: result_pb2.LevelResult) -> str:
    return level_name(level.concurrency, level.requested_rate)


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    # A bar ends a cell even in code.
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows[:MOST_ROWS]]
    lines = [titles, ["---"] * len(titles), *cells]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return text + _rest(len(rows))


def _list(items: Iterable[str]) -> str:
    every = list(items)
    return "\n".join(f"- {item}" for item in every[:MOST_ROWS]) + _rest(len(every))


def _rest(count: int) -> str:
    return f"\n\nand {count - MOST_ROWS:,} more" if count > MOST_ROWS else ""
