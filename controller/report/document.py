"""Builds the result document of a run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import loadcell
from controller.report.agents import build_agents, start_notes
from controller.report.evidence import timestamp_source
from controller.report.facts import LevelFacts, RunFacts
from controller.report.level import build_level
from controller.report.losses import loss_notes
from controller.report.measured import LOST_STATES, MeasuredLevel, measure
from controller.report.summary import build_summary
from loadcell.levels import level_name
from loadcell.pacing.arrivals import due_blocks
from loadcell.stats.columns import OK, TOKENS_ARE_EVENTS
from loadcell.stats.verdict import worst
from loadcell.stats.window import end_offsets
from loadcell.v1 import result_pb2, target_pb2


def build_result(facts: RunFacts) -> result_pb2.RunResult:
    """Return the result document of a run in any state, from whatever has been measured of it.

    Levels that never started are left out. Pure: reads no clock and no store.

    Raises:
        ValueError: A stored sketch is corrupt.
    """
    levels = [measure(level) for level in facts.levels if _started(level)]
    starts = [level.facts.start_micros for level in levels if level.facts.start_micros]
    run_start = min(starts, default=0)
    results = [build_level(level, facts.config.goodput_thresholds, run_start) for level in levels]
    for result, level in zip(results, levels, strict=True):
        planned = _planned(level, facts.config.seed)
        if planned is not None:
            result.unexecuted_requests = max(0, planned - len(np.unique(level.rows.ordinal)))
    run = facts.run
    document = result_pb2.RunResult(
        run_id=run.run_id,
        status=run.status,
        error=run.error if run.HasField("error") else None,
        server_url=run.server_url,
        model=run.model,
        adapter=run.adapter,
        completed_at=run.completed_at if run.HasField("completed_at") else None,
        duration_seconds=_duration_seconds(levels),
        config=facts.config,
        results=results,
        summary=build_summary(results),
        agents=build_agents(facts.agents, levels),
        verdict=_verdict(results),
        timestamp_source=timestamp_source([lease for level in levels for lease in level.facts.leases]),
        notes=_notes(facts, levels),
        loadcell_version=loadcell.__version__,
    )
    if run_start:
        document.started_at.FromMicroseconds(run_start)
    return document


def _started(level: LevelFacts) -> bool:
    return level.start_micros > 0 or len(level.samples) > 0


def _planned(level: MeasuredLevel, seed: int) -> int | None:
    """Return how many requests a level has by its plan, None when it keeps some in flight for a time."""
    plan = level.plan
    if plan.request_count or not plan.rate:
        return plan.request_count or None
    blocks = due_blocks(
        plan.rate,
        poisson=plan.arrival == target_pb2.ARRIVAL_POISSON,
        seed=seed,
        level=plan.index,
        count=None,
        duration_ns=plan.duration_micros * 1000,
    )
    return sum(len(due) for due in blocks)


def _duration_seconds(levels: list[MeasuredLevel]) -> float:
    busy = [level for level in levels if len(level.rows)]
    if not busy:
        return 0.0
    first = min(level.facts.start_micros + int(level.rows.start_offset_micros.min()) for level in busy)
    last = max(level.facts.start_micros + int(end_offsets(level.rows).max()) for level in busy)
    return (last - first) / 1e6


def _verdict(results: list[result_pb2.LevelResult]) -> result_pb2.Verdict:
    """Return the worst verdict of the levels with every reason, naming its level where there are several."""
    verdict = result_pb2.Verdict(status=worst([level.verdict.status for level in results]))
    for level in results:
        prefix = f"At {level_name(level.concurrency, level.requested_rate)}: " if len(results) > 1 else ""
        verdict.reasons.extend(prefix + reason for reason in level.verdict.reasons)
    return verdict


def _token_notes(levels: list[MeasuredLevel]) -> Iterator[str]:
    """Yield what must be known about output tokens that were only counted as events."""
    sources = np.concatenate(
        [level.rows.token_source[level.rows.status == OK] for level in levels] or [np.zeros(0)]
    )
    uncounted = int((sources == TOKENS_ARE_EVENTS).sum())
    if uncounted:
        which = "" if uncounted == len(sources) else f" with {uncounted} of {len(sources)} responses"
        yield f"the server sent no usage{which}: tokens are counted as events"


def _notes(facts: RunFacts, levels: list[MeasuredLevel]) -> list[str]:
    """Return all notes once, in the order they came up."""
    notes = [*facts.notes, *start_notes(facts.agents), *_token_notes(levels)]
    for level in levels:
        for lease in level.facts.leases:
            agent = facts.agents[lease.agent].agent_id
            notes.extend(f"{agent}: {note}" if len(facts.agents) > 1 else note for note in lease.notes)
            if lease.state in LOST_STATES and lease.end_ordinal is None:
                because = f": {lease.error}" if lease.error else "."
                name = level_name(level.plan.concurrency, level.plan.rate)
                notes.append(f"Agent {agent} did not finish its share at {name}{because}")
        notes.extend(loss_notes(level, [agent.agent_id for agent in facts.agents]))
    return list(dict.fromkeys(notes))
