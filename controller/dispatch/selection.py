"""Which agents a run may use, and which of them first. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping

from controller.capacity import request_capacity
from controller.store.records import AgentRecord

NAMED_LABELS = 8  # labels told in a sentence, and values of one that nobody has


def has_labels(agent: AgentRecord, labels: Mapping[str, str]) -> bool:
    """Whether an agent has every one of these labels."""
    return all(agent.labels.get(key) == value for key, value in labels.items())


def ranked(agents: Iterable[AgentRecord], *, mine: Container[str], worker_count: int) -> list[AgentRecord]:
    """Return agents in the order in which a run takes them.

    Those that work on the run come first, then those calibrated for the most requests per second, then by name.

    Args:
        agents: Agents that are free for the run.
        mine: Identifiers of those that work on it.
        worker_count: Worker processes the run uses of each; 0: all.
    """
    return sorted(
        agents,
        key=lambda agent: (
            agent.agent_id not in mine,
            -(request_capacity(agent, worker_count) or 0.0),
            agent.agent_id,
        ),
    )


def with_labels(labels: Mapping[str, str]) -> str:
    """Return " with region=eu,zone=a", empty for no labels."""
    text = ",".join(f"{key}={value}" for key, value in sorted(labels.items())[:NAMED_LABELS])
    more = f" and {len(labels) - NAMED_LABELS} more labels" if len(labels) > NAMED_LABELS else ""
    return f" with {text}{more}" if text else ""


def labels_there(agents: Iterable[AgentRecord], keys: Iterable[str]) -> str:
    """Return how many of the agents have which values of some labels: "region=us (2), zone not set"."""
    known = list(agents)
    parts = []
    for key in sorted(keys)[:NAMED_LABELS]:
        counts = Counter(agent.labels[key] for agent in known if key in agent.labels)
        parts += [f"{key}={value} ({count})" for value, count in counts.most_common(NAMED_LABELS)]
        if not counts:
            parts.append(f"{key} not set")
    return ", ".join(parts)
