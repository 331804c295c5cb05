"""Operations on agents."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from controller.store.leases import OPEN_STATES
from controller.store.postgresql import announce
from controller.store.records import AgentRecord
from controller.store.schema import agents, leases
from loadcell.v1 import agent_pb2

MAX_LOST = 1_000  # agents that are remembered although no controller has heard of them lately
_NAMES = [field.name for field in fields(AgentRecord)]
_COLUMNS = [agents.c[name] for name in _NAMES]


def save_agent(connection: Connection, record: AgentRecord, controller: str) -> AgentRecord:
    """Store what an agent said at registration; keep when it first came and whether it is draining.

    `controller` is the process it is connected to.
    """
    values = {name: getattr(record, name) for name in _NAMES}
    values |= {
        "labels": json.dumps(record.labels),
        "host": json.dumps(record.host),
        "calibration": None if record.calibration is None else record.calibration.SerializeToString(),
        "connected_to": controller,
    }
    if not _update(connection, values):
        try:
            with connection.begin_nested():
                connection.execute(insert(agents), values)
        except IntegrityError:  # it has registered with another controller at this moment
            _update(connection, values)
    return get_agent(connection, record.agent_id) or record


def _update(connection: Connection, values: dict[str, Any]) -> bool:
    """Change what is stored of an agent, if it is there."""
    # Steps of the clock are told by heartbeats; until the first one the last word counts.
    kept = ("registered_at", "draining", "clock_steps")
    changed = {name: value for name, value in values.items() if name not in kept}
    query = update(agents).where(agents.c.agent_id == values["agent_id"]).values(changed)
    return connection.execute(query.returning(agents.c.agent_id)).first() is not None


def get_agent(connection: Connection, agent_id: str) -> AgentRecord | None:
    """Return an agent, None when there is none."""
    found = connection.execute(select(*_COLUMNS).where(agents.c.agent_id == agent_id)).mappings().one_or_none()
    return None if found is None else _record(found)


def list_agents(connection: Connection, *, limit: int | None = None, after: str = "") -> list[AgentRecord]:
    """Return agents in the order of their identifiers, beginning after `after`."""
    query = select(*_COLUMNS).where(agents.c.agent_id > after).order_by(agents.c.agent_id).limit(limit)
    return [_record(row) for row in connection.execute(query).mappings()]


def count_agents(connection: Connection) -> int:
    """Return the number of agents."""
    return connection.execute(select(func.count()).select_from(agents)).scalar_one()


def set_draining(connection: Connection, agent_id: str, *, draining: bool) -> bool:
    """Keep whether an agent gets leases; return whether the agent is known."""
    changed = connection.execute(
        update(agents).where(agents.c.agent_id == agent_id).values(draining=draining).returning(agents.c.agent_id)
    )
    known = changed.first() is not None
    if known:
        announce(connection, "")
    return known


def list_draining(connection: Connection) -> set[str]:
    """Return the agents that get no leases."""
    return set(connection.execute(select(agents.c.agent_id).where(agents.c.draining)).scalars())


def connected_elsewhere(connection: Connection, controller: str, since: int) -> dict[str, list[AgentRecord]]:
    """Return the agents heard of since an instant that are connected to other controllers, by controller."""
    query = select(agents.c.connected_to, *_COLUMNS).where(
        agents.c.connected_to != controller, agents.c.last_seen_at >= since
    )
    found: dict[str, list[AgentRecord]] = {}
    for row in connection.execute(query.order_by(agents.c.agent_id)).mappings():
        found.setdefault(row["connected_to"], []).append(_record(row))
    return found


def touch_agents(connection: Connection, seen: Iterable[AgentRecord], controller: str) -> None:
    """Keep the last sign of life and the clock of agents connected to a controller."""
    connection.execute(
        update(agents)
        # A session that is not known to be over yet does not take an agent from where it is now.
        .where(agents.c.agent_id == bindparam("key"), agents.c.last_seen_at <= bindparam("seen"))
        .values(
            last_seen_at=bindparam("seen"),
            connected_to=controller,
            clock_offset_micros=bindparam("offset"),
            clock_uncertainty_micros=bindparam("uncertainty"),
            clock_steps=bindparam("steps"),
        ),
        [
            {
                "key": agent.agent_id,
                "seen": agent.last_seen_at,
                "offset": agent.clock_offset_micros,
                "uncertainty": agent.clock_uncertainty_micros,
                "steps": agent.clock_steps,
            }
            # In one order, or two controllers that both know some could wait for each other.
            for agent in sorted(seen, key=lambda agent: agent.agent_id)
        ],
    )


def forget_agents(connection: Connection, before: int, *, lost_before: int, keep: Iterable[str]) -> int:
    """Delete agents not heard of since an instant, and beyond 1,000 that are lost those that are for longest.

    Agents in `keep`, those with a lease that has not ended, and those that some controller has heard of since
    `lost_before` stay: they are not lost. Returns how many were deleted.
    """
    busy = select(leases.c.agent_id).where(leases.c.state.in_(OPEN_STATES))
    connected = set(keep)
    query = select(agents.c.agent_id, agents.c.last_seen_at).where(
        agents.c.agent_id.not_in(busy), agents.c.last_seen_at < lost_before
    )
    lost = [
        row for row in connection.execute(query.order_by(agents.c.last_seen_at.desc())) if row[0] not in connected
    ]
    gone = [agent_id for place, (agent_id, seen) in enumerate(lost) if seen < before or place >= MAX_LOST]
    if not gone:
        return 0
    # Another controller may hear of one just now.
    lost_still = delete(agents).where(agents.c.agent_id == bindparam("key"), agents.c.last_seen_at < lost_before)
    return connection.execute(lost_still, [{"key": agent_id} for agent_id in gone]).rowcount


def _record(row: RowMapping) -> AgentRecord:
    values: dict[str, Any] = {name: row[name] for name in _NAMES}
    values["labels"] = json.loads(values["labels"])
    values["host"] = json.loads(values["host"])
    if values["calibration"] is not None:
        values["calibration"] = agent_pb2.Calibration.FromString(values["calibration"])
    return AgentRecord(**values)
