"""Which agents carry a run."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from controller.dispatch.active import ActiveRun
from controller.dispatch.leases import LeaseBook
from controller.dispatch.outcomes import CancelRequestedError
from loadcell.errors import LoadcellError

CHECK_SECONDS = 0.25  # how often those who wait look for lost agents
NAMED_AGENTS = 3  # busy agents named to those who wait for them


@dataclass(frozen=True, slots=True)
class Placement:
    """Finds agents for runs among those that are connected."""

    book: LeaseBook
    agent_wait_seconds: float

    async def choose(self, run: ActiveRun, wanted: int) -> list[str]:
        """Return the agents to use, once enough are there and work for no other run; they are this run's then."""
        sessions = self.book.sessions
        missing_since: float | None = None
        try:
            while True:
                seen = sessions.changes.revision
                if run.cancel_requested:
                    raise CancelRequestedError
                usable, taken = sessions.usable(), self.book.runs.reservations()
                free = [agent_id for agent_id in usable if taken.get(agent_id, run) is run]
                # Those that already work on the run come first.
                chosen = sorted(free, key=lambda agent_id: agent_id not in run.reserved)[:wanted]
                if len(chosen) == wanted:
                    run.reserved.update(chosen)
                    return chosen
                if len(usable) >= wanted:
                    missing_since = None
                elif missing_since is None:
                    missing_since = time.monotonic()
                elif time.monotonic() - missing_since > self.agent_wait_seconds:
                    raise LoadcellError(
                        "NO_AGENTS_READY",
                        f"{len(usable)} of {wanted} agents were ready after {self.agent_wait_seconds:g} s",
                    )
                waiting = _waiting_for(wanted, len(chosen), {a: taken[a] for a in usable if a not in free})
                if run.waiting_for != waiting:
                    run.waiting_for = waiting
                    run.changes.publish()
                await sessions.changes.wait(seen, CHECK_SECONDS)
        finally:
            run.waiting_for = ""


def _waiting_for(wanted: int, have: int, busy: Mapping[str, ActiveRun]) -> str:
    """Return what a run waits for as a sentence, naming some of the agents that work for other runs."""
    parts = [f"waiting for {wanted - have} of {wanted} agents"]
    parts += [f"{agent} busy with run {run.record.run_id}" for agent, run in islice(busy.items(), NAMED_AGENTS)]
    if len(busy) > NAMED_AGENTS:
        parts.append(f"{len(busy) - NAMED_AGENTS} more busy")
    return "; ".join(parts)
