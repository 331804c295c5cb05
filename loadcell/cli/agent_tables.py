"""Agents on the terminal: who there is, and what each did in a run."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from loadcell.cli.layout import VERDICT_STYLE, fits, local_time, new_table, styled
from loadcell.documents import enum_words
from loadcell.figures import ABSENT, age, byte_count, milliseconds, rate
from loadcell.v1 import fleet_pb2, result_pb2

MAX_RESULTS = 20  # agents whose part in a run is shown
_WORDS = ("state", "labels")
_STATES = enum_words(fleet_pb2.AgentState.DESCRIPTOR)
_STYLES = {
    "state": {"ready": "green", "busy": "cyan", "draining": "yellow", "lost": "red"},
    "verdict": VERDICT_STYLE,
}

Figures = Mapping[str, str]  # what is told of one agent, by title; the first is its name


def agents_table(agents: Sequence[fleet_pb2.Agent], now: float | None = None) -> RenderableType:
    """Return a line for each agent; `now` in seconds since 1970 UTC is for the age of calibrations."""
    at = time.time() if now is None else now
    return _Abreast(list(_figures(fleet_pb2.Agent(), at)), [_figures(agent, at) for agent in agents])


def agent_details(agent: fleet_pb2.Agent, now: float | None = None) -> RenderableType:
    """Return all that is known of one agent, a line each; `now` as above."""
    more = {
        "host": agent.hostname or ABSENT,
        "last seen": local_time(agent.last_seen_at),
        "first seen": local_time(agent.registered_at),
        "software": agent.software_version or ABSENT,
        "receive stamps": "kernel" if agent.kernel_timestamps else "user",
    }
    if agent.HasField("calibration"):
        more["CPU per token"] = f"{agent.calibration.cpu_micros_per_token:.1f} us"
        more["stamp error p99"] = f"{agent.calibration.stamp_error_p99_micros:,.0f} us"
    known = _figures(agent, time.time() if now is None else now)
    return _lines({**known, **more, **dict(sorted(agent.host.items()))})


def agent_results_table(agents: Sequence[result_pb2.AgentResult]) -> RenderableType:
    """Return a line for the part of each of the first 20 agents in a run."""
    parts = [_part(agent) for agent in agents[:MAX_RESULTS]]
    return _Abreast(list(_part(result_pb2.AgentResult())), parts, more=len(agents) - MAX_RESULTS)


@dataclass(frozen=True, slots=True)
class _Abreast:
    """A line for each agent, or lines for each where the terminal is too narrow for whole numbers."""

    titles: Sequence[str]
    rows: Sequence[Figures]
    more: int = 0

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = new_table(*self.titles, words=_WORDS)
        for figures in self.rows:
            table.add_row(*(styled(cell, _STYLES.get(title, {})) for title, cell in figures.items()))
        if fits(console, options, table) or not self.rows:
            yield table
        else:
            yield from map(_lines, self.rows)
        if self.more > 0:
            yield Text(f"{self.more} more agents are in the result document")


def _lines(figures: Figures) -> Text:
    (_, name), *rest = figures.items()
    width = max(len(title) for title, _ in rest)
    return Text("\n".join([name, *(f"  {title:{width}}  {cell}" for title, cell in rest)]))


def _figures(agent: fleet_pb2.Agent, now: float) -> Figures:
    calibration = agent.calibration if agent.HasField("calibration") else None
    workers = agent.worker_count
    return {
        "agent": agent.agent_id,
        "state": _STATES.get(agent.state, ABSENT),
        "labels": ",".join(f"{key}={value}" for key, value in sorted(agent.labels.items())) or ABSENT,
        "workers": str(workers),
        "leases": str(agent.lease_count),
        "requests/s": rate(calibration.max_requests_per_sec * workers if calibration else None),
        "tokens/s": rate(calibration.max_tokens_per_sec * workers if calibration else None),
        "calibrated": age(now - calibration.measured_at_micros / 1e6) if calibration else "never",
        "clock us": _clock(agent),
        "steps": str(agent.clock_steps),
        "unsent": byte_count(agent.uplink_bytes),
        "last seen": age(now - agent.last_seen_at.seconds) if agent.last_seen_at.seconds else ABSENT,
    }


def _part(agent: result_pb2.AgentResult) -> Figures:
    return {
        "agent": agent.agent_id,
        "workers": str(agent.worker_count),
        "requests": f"{agent.total_requests:,}",
        "successful": f"{agent.successful_requests:,}",
        "TTFT p50 ms": milliseconds(agent.ttft_p50 if agent.HasField("ttft_p50") else None),
        "TTFT p99 ms": milliseconds(agent.ttft_p99 if agent.HasField("ttft_p99") else None),
        "clock us": _clock(agent),
        "verdict": agent.verdict.status,
    }


def _clock(agent: fleet_pb2.Agent | result_pb2.AgentResult) -> str:
    if not agent.HasField("clock_uncertainty_micros"):
        return ABSENT
    return f"{agent.clock_offset_micros:+,.0f} +- {agent.clock_uncertainty_micros:,.0f}"
