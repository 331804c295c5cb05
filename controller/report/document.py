"""Builds the result document of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import loadcell
from controller.report.agents import build_agents, start_notes
from controller.report.evidence import timestamp_source
from controller.report.facts import LevelFacts, RunFacts
from controller.report.folded import FoldedLevel, measure_folded
from controller.report.folded_level import build_folded_level
from controller.report.level import build_level
from controller.report.losses import loss_notes
from controller.report.measured import LOST_STATES, MeasuredLevel, measure
from controller.report.summary import build_summary
from controller.report.validation import build_validation
from loadcell.levels import level_name
from loadcell.pacing.arrivals import due_blocks
from loadcell.stats.columns import TOKENS_ARE_EVENTS
from loadcell.stats.sketch import ACCURACY
from loadcell.stats.verdict import worst
from loadcell.v1 import result_pb2, target_pb2

EXACT, SKETCH = "exact", "sketch"
AnyLevel = MeasuredLevel | FoldedLevel


def build_result(facts: RunFacts) -> result_pb2.RunResult:
    """Return the result document of a run in any state, from whatever has been measured of it.

    Levels that never started are left out. Pure: reads no clock and no store.

    Raises:
        ValueError: A stored sketch is corrupt.
    """
    levels = [_measured(level) for level in facts.levels if _started(level)]
    starts = [level.facts.start_micros for level in levels if level.facts.start_micros]
    run_start = min(starts, default=0)
    results = [_result(level, facts.config.goodput_thresholds, run_start) for level in levels]
    for result, level in zip(results, levels, strict=True):
        planned = _planned(level, facts.config.seed)
        if planned is not None:
            result.unexecuted_requests = max(0, planned - level.executed)
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
        percentiles=EXACT,
    )
    if any(level.folded is not None for level in facts.levels):
        document.percentiles, document.percentile_relative_error = SKETCH, ACCURACY
    if facts.told is not None:
        document.validation.CopyFrom(build_validation(facts, facts.told, results))
    if run_start:
        document.started_at.FromMicroseconds(run_start)
    return document


def _started(level: LevelFacts) -> bool:
    return level.start_micros > 0 or len(level.samples) > 0 or bool(level.folded and level.folded.folds)


def _measured(level: LevelFacts) -> AnyLevel:
    return measure(level) if level.folded is None else measure_folded(level, level.folded)


def _result(
    level: AnyLevel, thresholds: target_pb2.GoodputThresholds, run_start_micros: int
) -> result_pb2.LevelResult:
    if isinstance(level, FoldedLevel):
        return build_folded_level(level, thresholds, run_start_micros)
    return build_level(level, thresholds, run_start_micros)


def _planned(level: AnyLevel, seed: int) -> int | None:
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


def _duration_seconds(levels: list[AnyLevel]) -> float:
    spans = [(level.facts.start_micros, *level.span) for level in levels if level.span is not None]
    if not spans:
        return 0.0
    return (max(start + last for start, _, last in spans) - min(start + first for start, first, _ in spans)) / 1e6


def _verdict(results: list[result_pb2.LevelResult]) -> result_pb2.Verdict:
    """Return the worst verdict of the levels with every reason, naming its level where there are several."""
    verdict = result_pb2.Verdict(status=worst([level.verdict.status for level in results]))
    for level in results:
        prefix = f"At {level_name(level.concurrency, level.requested_rate)}: " if len(results) > 1 else ""
        verdict.reasons.extend(prefix + reason for reason in level.verdict.reasons)
    return verdict


def _sketch_notes(levels: list[AnyLevel]) -> Iterator[str]:
    if any(isinstance(level, FoldedLevel) for level in levels):
        yield (
            "not all requests were kept: percentiles come from sketches and are wrong by at most"
            f" {ACCURACY:.1%} of their value"
        )


def _token_notes(levels: list[AnyLevel]) -> Iterator[str]:
    """Yield what must be known about output tokens that were only counted as events."""
    sources = sum((level.token_sources for level in levels), Counter[int]())
    uncounted = sources[TOKENS_ARE_EVENTS]
    if uncounted:
        which = "" if uncounted == sources.total() else f" with {uncounted} of {sources.total()} responses"
        yield f"the server sent no usage{which}: tokens are counted as events"


def _notes(facts: RunFacts, levels: list[AnyLevel]) -> list[str]:
    """Return all notes once, in the order they came up."""
    notes = [*facts.notes, *_sketch_notes(levels), *start_notes(facts.agents), *_token_notes(levels)]
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
