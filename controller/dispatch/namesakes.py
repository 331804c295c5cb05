"""Processes that share an agent id: the one that came last has it, whoever gave way does not get it back."""

from __future__ import annotations

from collections import OrderedDict

from loadcell.errors import LoadcellError

MAX_REMEMBERED = 10_000  # processes; one that gave way ends, so it need not be remembered for long


class Namesakes:
    """Remembers which processes gave way to another one of their agent id."""

    def __init__(self) -> None:
        self._gave_way: OrderedDict[tuple[str, str], None] = OrderedDict()

    def give_way(self, agent_id: str, instance_id: str) -> LoadcellError:
        """Remember a process and return what it is told; one that does not say who it is cannot be known again."""
        if instance_id:
            self._gave_way[agent_id, instance_id] = None
            if len(self._gave_way) > MAX_REMEMBERED:
                self._gave_way.popitem(last=False)
        return _replaced(agent_id)

    def check(self, agent_id: str, instance_id: str) -> None:
        """Let a process in unless it gave way before.

        Raises:
            LoadcellError: SESSION_REPLACED.
        """
        if (agent_id, instance_id) in self._gave_way:
            raise _replaced(agent_id)


def _replaced(agent_id: str) -> LoadcellError:
    return LoadcellError(
        "SESSION_REPLACED",
        f"another agent with the id {agent_id} has connected; give each agent its own LOADCELL_AGENT_ID",
        metadata={"agent_id": agent_id},
    )
