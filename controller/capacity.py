"""Whether agents can make the load that is planned, by what they were calibrated for. Pure.

Every agent gets an equal part of an open loop, so each must be able to carry its own: a strong one does not help a
weak one. How many requests a closed loop makes depends on the target; only its connections can be counted.
Agents with the same host name share its cores, in proportion to their workers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from controller.dispatch.limits import share_limit
from controller.store.records import AgentRecord
from loadcell.errors import LoadcellError
from loadcell.levels import level_name
from loadcell.pacing.shares import WorkerShare, worker_share
from loadcell.v1 import result_pb2, target_pb2

OWN_FILES = 64  # descriptors a worker needs beside its connections
NAMED_AGENTS = 3

Load = tuple[AgentRecord, Sequence[tuple[int, int]]]
"""An agent and the shares of a level it carries, each (index, count)."""

_REQUESTS, _TOKENS, _FILES = "requests/s", "tokens/s", "connections"


@dataclass(frozen=True, slots=True)
class Demand:
    """What a level asks of one agent, and what that one can do, both in `unit`."""

    agent_id: str
    unit: str
    planned: float
    capacity: float

    @property
    def load(self) -> float:
        """Planned over possible: above 1 it is too much."""
        return self.planned / self.capacity if self.capacity > 0 else float("inf")


def workers_of(agent: AgentRecord, worker_count: int) -> int:
    """Return the worker processes of an agent that a run uses; a `worker_count` of 0 means all."""
    return min(worker_count or agent.worker_count, agent.worker_count) or 1


def request_capacity(agent: AgentRecord, worker_count: int) -> float | None:
    """Return the requests per second an agent was calibrated for, None for one that never was."""
    if agent.calibration is None:
        return None
    workers = workers_of(agent, worker_count)
    return agent.calibration.max_requests_per_sec * min(workers, _cores(agent) or workers)


def check_capacity(
    config: result_pb2.RunConfig, levels: Sequence[target_pb2.LevelPlan], agents: Sequence[AgentRecord]
) -> list[str]:
    """Compare a plan with the calibration of its agents and return what the result must say about it.

    Args:
        config: The run.
        levels: Its levels.
        agents: The agents that carry it, in the order of their shares.

    Raises:
        LoadcellError: CAPACITY_EXCEEDED with the numbers, unless the run is forced.
    """
    worst: dict[str, tuple[float, str]] = {}  # by unit
    for level in levels:
        demands = find_demands(config, level, equal_shares(agents[: share_limit(level)]))
        for unit in (_REQUESTS, _TOKENS, _FILES):
            these = [demand for demand in demands if demand.unit == unit]
            load = max((demand.load for demand in these), default=0.0)
            if load > max(1.0, worst.get(unit, (0.0, ""))[0]):
                worst[unit] = (load, _sentence(level, these))
    excess = "; ".join(sentence for _, sentence in worst.values())
    if excess and not config.force:
        raise LoadcellError(
            "CAPACITY_EXCEEDED",
            f"{excess}. Take more agents, or start it all the same with force (--force)",
        )
    notes = [f"forced beyond the capacity of the agents: {excess}"] if excess else []
    return notes + _unknown(levels, agents)


def equal_shares(agents: Sequence[AgentRecord]) -> list[Load]:
    """Return agents with the shares they get at the start of a level."""
    return [(agent, [(position, len(agents))]) for position, agent in enumerate(agents)]


def describe_excess(level: target_pb2.LevelPlan, demands: Sequence[Demand]) -> str:
    """Return what of a level is beyond the capacity of its agents, with the numbers; empty when nothing is."""
    parts = [[demand for demand in demands if demand.unit == unit] for unit in (_REQUESTS, _TOKENS, _FILES)]
    return "; ".join(_sentence(level, these) for these in parts if any(demand.load > 1 for demand in these))


def excess_note(level: target_pb2.LevelPlan, excess: str) -> str:
    """Return what the result must say of a level that goes on beyond the capacity of its agents."""
    name = level_name(level.concurrency, level.rate)
    return f"{name} was given to agents beyond their capacity and may be limited by the client: {excess}"


def find_demands(config: result_pb2.RunConfig, level: target_pb2.LevelPlan, loads: Sequence[Load]) -> list[Demand]:
    """Return what a level asks of each agent that carries some of it.

    Args:
        config: The run.
        level: The level.
        loads: Its agents. Other agents of their hosts are not known.
    """
    # A dataset may ask for other lengths, and only streams were calibrated.
    tokens = config.output_len if config.stream and not config.dataset_asset else 0
    at_work = []
    for agent, parts in loads:
        workers = workers_of(agent, config.worker_count)
        shares = [_fullest_worker(level, index, count, workers) for index, count in parts]
        if shares := [share for share in shares if not share.idle]:
            at_work.append((agent, workers, shares))
    of_host: Counter[str] = Counter()
    for agent, workers, _ in at_work:
        of_host[agent.hostname or agent.agent_id] += workers
    found = []
    for agent, workers, shares in at_work:
        part = sum(share.agent.own_lanes / share.agent.lanes for share in shares)
        calibration = agent.calibration
        if level.rate and calibration is not None:
            # More workers than cores make no more load, whosever they are.
            cores = _cores(agent) * workers / of_host[agent.hostname or agent.agent_id]
            busy = part / sum(share.portion for share in shares)
            width, rate = min(busy, cores or busy), level.rate * part
            found.append(Demand(agent.agent_id, _REQUESTS, rate, calibration.max_requests_per_sec * width))
            if tokens:
                most = calibration.max_tokens_per_sec * width
                found.append(Demand(agent.agent_id, _TOKENS, rate * tokens, most))
        limit = _open_files_limit(agent)
        if limit and any(share.slots for share in shares):
            most = max(0, limit - OWN_FILES) * workers
            slots = sum(share.agent.own_lanes for share in shares)
            found.append(Demand(agent.agent_id, _FILES, slots, most))
    return found


def _fullest_worker(level: target_pb2.LevelPlan, position: int, agents: int, workers: int) -> WorkerShare:
    return worker_share(
        concurrency=level.concurrency,
        max_concurrency=level.max_concurrency,
        share=position,
        shares=agents,
        worker=0,
        workers=workers,
    )


def _cores(agent: AgentRecord) -> int:
    """Return the cores of an agent's host, 0 when the agent did not tell."""
    text = agent.host.get("cpu_count", "")
    return int(text) if text.isdecimal() else 0


def _open_files_limit(agent: AgentRecord) -> int:
    """Return the file descriptors a worker may have, 0 when the agent did not tell."""
    text = agent.host.get("open_files_limit", "")
    return int(text) if text.isdecimal() else 0


def _sentence(level: target_pb2.LevelPlan, demands: Sequence[Demand]) -> str:
    unit = demands[0].unit
    over = sorted((d for d in demands if d.load > 1), key=lambda demand: -demand.load)
    named = [f"{d.agent_id}: {d.planned:,.0f} planned, {d.capacity:,.0f} possible" for d in over[:NAMED_AGENTS]]
    if len(over) > NAMED_AGENTS:
        named.append(f"{len(over) - NAMED_AGENTS} more")
    several = len(demands) > 1
    can = "can open" if unit == _FILES else f"{'were' if several else 'was'} calibrated for"
    return (
        f"{level_name(level.concurrency, level.rate)} is {sum(d.planned for d in demands):,.0f} {unit}, its"
        f" {len(demands)} agent{'s' if several else ''} {can} {sum(d.capacity for d in demands):,.0f}"
        f" ({'; '.join(named)})"
    )


def _unknown(levels: Sequence[target_pb2.LevelPlan], agents: Sequence[AgentRecord]) -> list[str]:
    names = [agent.agent_id for agent in agents if agent.calibration is None]
    if not names or not any(level.rate for level in levels):
        return []
    named = ", ".join(names[:NAMED_AGENTS])
    more = f" and {len(names) - NAMED_AGENTS} more" if len(names) > NAMED_AGENTS else ""
    return [
        f"whether the rate is within capacity is unknown: not calibrated are {named}{more} (loadcell calibrate)"
    ]
