"""Reading back everything that is known of a run: the input of its result document."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from controller.keeping import keeping_of
from controller.lifecycle import run_ended
from controller.report.facts import AgentFacts, Folded, LeaseFacts, LevelFacts, RunFacts
from controller.store.agents import get_agent
from controller.store.leases import list_leases
from controller.store.records import LeaseRecord, LevelRecord, RunRecord
from controller.store.runs import list_levels
from controller.store.samples import read_error_messages, read_samples, read_sketches
from controller.store.sums import read_folds, read_ordinals
from controller.store.validation import get_told
from loadcell.v1 import run_pb2


def load_facts(
    connection: Connection, run: RunRecord, message: Callable[[RunRecord, list[str]], run_pb2.Run]
) -> RunFacts:
    """Return the facts of a run; levels that were never given to an agent are left out.

    Args:
        connection: where to read.
        run: the run.
        message: makes the message of a run from its record and the agents that carried it.
    """
    leases = list_leases(connection, run.run_key)
    agent_ids = list(dict.fromkeys(lease.agent_id for lease in leases))
    return RunFacts(
        run=message(run, agent_ids),
        config=run.config,
        agents=[
            _agent(connection, agent_id, [lease for lease in leases if lease.agent_id == agent_id])
            for agent_id in agent_ids
        ],
        levels=[
            _level(
                connection, run, level, [lease for lease in leases if lease.level == level.plan.index], agent_ids
            )
            for level in list_levels(connection, run.run_key)
            if any(lease.level == level.plan.index for lease in leases)
        ],
        notes=list(run.notes),
        told=get_told(connection, run.run_key) if _is_compared(run) else None,
    )


def _is_compared(run: RunRecord) -> bool:
    return run.config.HasField("validation_config") and run_ended(run.state)


def _agent(connection: Connection, agent_id: str, leases: list[LeaseRecord]) -> AgentFacts:
    known = get_agent(connection, agent_id)
    # The clock as it was while the agent made load, not as it is now; a share it never answered for says nothing.
    last = next((lease for lease in reversed(leases) if lease.clock_uncertainty_micros is not None), leases[-1])
    return AgentFacts(
        agent_id=agent_id,
        hostname=known.hostname if known else "",
        worker_count=max(lease.worker_count for lease in leases) or (known.worker_count if known else 0),
        host=known.host if known else {},
        clock_offset_micros=last.clock_offset_micros,
        clock_uncertainty_micros=last.clock_uncertainty_micros,
    )


def _level(
    connection: Connection, run: RunRecord, level: LevelRecord, leases: list[LeaseRecord], agent_ids: list[str]
) -> LevelFacts:
    agents = {lease.lease_key: agent_ids.index(lease.agent_id) for lease in leases}
    positions = {lease.lease_key: position for position, lease in enumerate(leases)}
    keeping = keeping_of(run.config)
    samples, finish_reasons = read_samples(
        connection, run.run_key, level.plan.index, agents, folded=keeping is not None
    )
    folded = None
    if keeping is not None:
        folds = read_folds(connection, run.run_key, agents)
        ordinals = read_ordinals(connection, run.run_key, agents)
        ordinals.add(samples.ordinal[samples.warmup == 0])
        folded = Folded({positions[key]: fold for key, fold in folds.items()}, ordinals, keeping.objectives)
    return LevelFacts(
        plan=level.plan,
        start_micros=level.start_micros,
        leases=[
            LeaseFacts(
                agent=agents[lease.lease_key],
                state=lease.state,
                error=lease.error,
                health=lease.health,
                timestamp_source=lease.timestamp_source,
                start_micros=lease.start_micros,
                end_offset_micros=lease.end_offset_micros,
                ramp_down_offset_micros=lease.ramp_down_offset_micros,
                notes=list(lease.notes),
                end_ordinal=lease.end_ordinal,
                succeeds=None if lease.succeeds is None else positions[lease.succeeds],
            )
            for lease in leases
        ],
        samples=samples,
        sketches=read_sketches(connection, agents),
        finish_reasons=finish_reasons,
        error_messages=read_error_messages(connection, run.run_key, level.plan.index),
        folded=folded,
    )
