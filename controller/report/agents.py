"""Computes the part each agent played in a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from controller.report import messages
from controller.report.evidence import leases_health, timestamp_source
from controller.report.facts import AgentFacts, LeaseFacts
from controller.report.folded import FoldedLevel
from controller.report.measured import LOST_STATES, MeasuredLevel
from loadcell.stats.columns import ERROR, OK, Ints
from loadcell.stats.fold import Fold
from loadcell.stats.health import Health, merge_health
from loadcell.stats.latency import LatencySummary, summarize, summarize_sketch
from loadcell.stats.sketch import merge
from loadcell.stats.verdict import Evidence, judge
from loadcell.v1 import result_pb2, sample_pb2

START_UNCERTAINTY_MICROS = 1_000.0  # of an agent's clock; below it nobody needs to be told


def build_agents(
    agents: list[AgentFacts], levels: Sequence[MeasuredLevel | FoldedLevel]
) -> list[result_pb2.AgentResult]:
    """Return one entry for each agent, in the order of the run's agent list, over all levels."""
    folded = [level for level in levels if isinstance(level, FoldedLevel)]
    figures = (
        _of_folds(folded, len(agents))
        if folded
        else _of_rows([level for level in levels if isinstance(level, MeasuredLevel)], len(agents))
    )
    return [
        _agent(facts, number, levels, own) for number, (facts, own) in enumerate(zip(agents, figures, strict=True))
    ]


class _Figures(NamedTuple):
    """What one agent did in a run."""

    total: int
    successes: int
    client_failures: int
    ttft: LatencySummary


def _of_rows(levels: list[MeasuredLevel], agent_count: int) -> list[_Figures]:
    columns = [
        (level.rows.agent, level.rows.status, level.rows.ttft_micros, level.rows.error_class) for level in levels
    ]
    agent, status, ttft, error_class = (
        (np.concatenate(parts) for parts in zip(*columns, strict=True)) if columns else [np.zeros(0, np.int64)] * 4
    )
    totals = np.bincount(agent, minlength=agent_count)
    successes = np.bincount(agent[status == OK], minlength=agent_count)
    client_failures = np.bincount(
        agent[(status == ERROR) & (error_class == sample_pb2.ERROR_CLASS_CLIENT)], minlength=agent_count
    )
    answered = (status == OK) & (ttft >= 0)
    ttft_of = _by_agent(agent[answered], ttft[answered], agent_count)
    return [
        _Figures(int(totals[n]), int(successes[n]), int(client_failures[n]), summarize(ttft_of[n]))
        for n in range(agent_count)
    ]


def _of_folds(levels: list[FoldedLevel], agent_count: int) -> list[_Figures]:
    folds: list[list[Fold]] = [[] for _ in range(agent_count)]
    for level in levels:
        for lease, fold in zip(level.facts.leases, level.leases, strict=True):
            folds[lease.agent].append(fold)
    return [
        _Figures(
            total=sum(len(fold) for fold in own),
            successes=sum(fold.counts["ok"] for fold in own),
            client_failures=sum(fold.errors[sample_pb2.ERROR_CLASS_CLIENT] for fold in own),
            ttft=summarize_sketch(merge(fold.sketch("ttft") for fold in own)),
        )
        for own in folds
    ]


def _agent(
    facts: AgentFacts, number: int, levels: Sequence[MeasuredLevel | FoldedLevel], own: _Figures
) -> result_pb2.AgentResult:
    by_level = [[lease for lease in level.facts.leases if lease.agent == number] for level in levels]
    leases = [lease for level in by_level for lease in level]
    health = _health(by_level)
    source = timestamp_source(leases)
    lost = any(lease.state in LOST_STATES for lease in leases)
    findings = judge(
        Evidence(
            health=health or Health(),
            timestamp_source=source or "kernel",
            ttft_p50_ms=own.ttft.p50,
            requests=own.total,
            client_failures=own.client_failures,
            lost_agents=int(lost),
        )
    )
    return result_pb2.AgentResult(
        agent_id=facts.agent_id,
        hostname=facts.hostname,
        worker_count=facts.worker_count,
        total_requests=own.total,
        successful_requests=own.successes,
        ttft_p50=own.ttft.p50,
        ttft_p99=own.ttft.p99,
        timestamp_source=source,
        clock_offset_micros=facts.clock_offset_micros,
        clock_uncertainty_micros=facts.clock_uncertainty_micros,
        verdict=messages.verdict(findings),
        host=facts.host,
        health=None if health is None else messages.health_message(health),
    )


def _health(by_level: list[list[LeaseFacts]]) -> Health | None:
    """Return what an agent saw of itself over the run, None when it never told."""
    told = [health for leases in by_level if (health := leases_health(leases)) is not None]
    if not told:
        return None
    # Shares of one level see the same steps of the clock, levels come one after the other.
    return replace(merge_health(told), clock_steps=sum(health.clock_steps for health in told))


def start_notes(agents: list[AgentFacts]) -> list[str]:
    """Return how far apart the agents may have started a level, where that is more than a millisecond."""
    known = [(agent.clock_uncertainty_micros or 0.0, agent.agent_id) for agent in agents]
    worst, agent_id = max(known, default=(0.0, ""))
    if len(agents) < 2 or worst <= START_UNCERTAINTY_MICROS:
        return []
    bound = f"{worst / 1e3:,.1f} ms"
    return [f"agents started within {bound} of the planned instant: the clock of {agent_id} is known no better"]


def _by_agent(agent: Ints, values: Ints, agent_count: int) -> list[Ints]:
    """Split values by agent with one sort, whatever the number of agents."""
    order = np.argsort(agent, kind="stable")
    ends = np.cumsum(np.bincount(agent, minlength=agent_count))
    return np.split(values[order], ends[:-1]) if agent_count else []
