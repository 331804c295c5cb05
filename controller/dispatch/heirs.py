"""Who takes over a share that was lost: who can carry it beside what it carries already. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from controller.capacity import Load, describe_excess, excess_note, find_demands
from controller.dispatch.cutting import Share
from controller.store.records import AgentRecord
from loadcell.v1 import result_pb2, target_pb2

MAX_HEIRS = 64  # agents that one share is divided among, so that lost shares make a bounded number of leases


def choose_heirs(  # noqa: PLR0917 -- what the choice rests on
    config: result_pb2.RunConfig,
    plan: target_pb2.LevelPlan,
    share: Share,
    carried: Sequence[tuple[AgentRecord, Sequence[Share]]],
    free: Sequence[AgentRecord],
    most: int = MAX_HEIRS,
) -> tuple[list[str], str]:
    """Choose agents for a share, which is divided among them.

    The agents of the run share it as long as it is within the capacity of some of them; else free agents help, as
    few as will do. When nobody can carry it, the agents of the run get it all the same, or one free agent.

    Args:
        config: The run; forced, it takes its own agents whatever they can do.
        plan: The level.
        share: What was lost.
        carried: The agents of the run, those with the least to do first, and what each carries of the level now.
        free: Other agents, best first.
        most: How many agents may get a part.

    Returns:
        The agents, best first, and a note when it is too much for them.
    """
    own = [agent for agent, _ in carried]
    usual = (own or list(free[:1]))[:most]
    if not usual:
        return [], ""
    known = {agent.agent_id: shares for agent, shares in carried}
    if most == 1:
        groups = [[agent] for agent in [*own, *free]]
    else:
        groups = [[*own, *free[:count]][:most] for count in range(0 if own else 1, min(len(free), MAX_HEIRS) + 1)]
    for group in [] if config.force else groups:
        if able := _able(config, plan, share, known, own, group):
            return [agent.agent_id for agent in able], ""
    excess = describe_excess(plan, find_demands(config, plan, _loads(plan, share, known, own, usual)))
    return [agent.agent_id for agent in usual], excess_note(plan, excess) if excess else ""


def _able(  # noqa: PLR0917 -- as above
    config: result_pb2.RunConfig,
    plan: target_pb2.LevelPlan,
    share: Share,
    known: Mapping[str, Sequence[Share]],
    own: Sequence[AgentRecord],
    group: Sequence[AgentRecord],
) -> list[AgentRecord]:
    """Return those of some agents that can carry the share together, none when they cannot."""
    able = list(group)
    while able:
        demands = find_demands(config, plan, _loads(plan, share, known, own, able))
        over = {demand.agent_id for demand in demands if demand.load > 1}
        if not over & {agent.agent_id for agent in able}:
            break
        # The others get more then, so who cannot carry this part never can.
        able = [agent for agent in able if agent.agent_id not in over]
    return able


def _loads(
    plan: target_pb2.LevelPlan,
    share: Share,
    known: Mapping[str, Sequence[Share]],
    own: Sequence[AgentRecord],
    heirs: Sequence[AgentRecord],
) -> list[Load]:
    """Return what each agent carries once these have taken over."""
    lanes = share.lanes(plan)
    parts = len(heirs) if lanes is None else max(1, min(len(heirs), lanes))
    new = {heir.agent_id: share.part(number, parts) for number, heir in enumerate(heirs[:parts])}
    agents = {agent.agent_id: agent for agent in [*own, *heirs]}
    shares = {name: [*known.get(name, ()), *([new[name]] if name in new else [])] for name in agents}
    return [(agents[name], [(one.index, one.count) for one in those]) for name, those in shares.items()]
