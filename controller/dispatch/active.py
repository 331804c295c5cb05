"""The runs this process drives or has driven lately, in memory."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from controller.dispatch.changes import Changes
from controller.dispatch.limits import agents_wanted
from controller.dispatch.ownership import ownership_clock
from controller.lifecycle import lease_ended, run_ended
from controller.live.agents import describe_agents
from controller.live.losses import describe_losses
from controller.live.run import LiveRun
from controller.messages import run_message
from controller.store.annotations import Annotations
from controller.store.records import LeaseRecord, LevelRecord, RunRecord
from controller.target import TargetSecrets
from loadcell.v1 import agent_pb2, run_pb2


@dataclass(slots=True, eq=False)
class ActiveRun:
    """A run with everything that is known of it; the database has all of it, secrets sealed, but live figures."""

    record: RunRecord
    levels: list[LevelRecord]
    secrets: TargetSecrets | None = field(repr=False)  # None: lost with the process that took the call
    live: LiveRun
    secrets_stored: bool = False  # for other controllers that have the key
    leases: dict[str, LeaseRecord] = field(default_factory=dict)
    reserved: set[str] = field(default_factory=set)  # agents that work for no other run until this one has ended
    checked: tuple[str, ...] = ()  # agents that were compared with the whole plan, in the order of their shares
    lost_workers: dict[tuple[str, int], agent_pb2.WorkerLoss] = field(default_factory=dict)  # not handed over yet
    orphaned_at: dict[str, float] = field(default_factory=dict)  # shares nobody works on: monotonic seconds
    forgotten: set[str] = field(
        default_factory=set
    )  # ended leases whose agent was restarted without their batches
    owned_until: float = 0.0  # seconds of `ownership_clock`: nobody can have taken it over before
    unheard: bool = False  # nobody who works on it was heard of lately
    waiting_for: str = ""  # a sentence, while the run waits
    stopping: str = ""  # why, once its leases are being stopped
    give_up: str = ""  # why the run must end without going on, after too long an outage
    cancel_requested: bool = False
    abandoned: bool = False  # another controller drives it, or it was deleted
    result_begun: bool = False  # what is committed from now on may be missing in the result
    ended_at: float | None = None  # seconds of the monotonic clock
    validation: list[run_pb2.ValidationLog] = field(default_factory=list)  # steps so far
    changes: Changes = field(default_factory=Changes)
    task: asyncio.Task[None] | None = None
    # Leases of each agent, of each level, and by the lease they take over from: none of these ever changes.
    _of_agent: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _of_level: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    _heirs_of: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def ended(self) -> bool:
        """Whether the run has ended, its result included."""
        return run_ended(self.record.state)

    @property
    def agent_ids(self) -> list[str]:
        """The agents that carry or carried the load."""
        return list(dict.fromkeys(lease.agent_id for lease in self.leases.values()))

    @property
    def shared(self) -> bool:
        """Whether the run was given several agents, so that others can take over the share of one."""
        return max(agents_wanted(self.record.config, level.plan) for level in self.levels) > 1

    def successors(self, lease: LeaseRecord) -> list[LeaseRecord]:
        """Return the leases that have taken over from a lease, or from a lost worker of it."""
        return [self.leases[lease_id] for lease_id in self._heirs_of.get(lease.lease_key, ())]

    @property
    def movable(self) -> bool:
        """Whether another controller could go on with the run: without secrets, or where others have them."""
        return not self.secrets or self.secrets_stored or bool(self.leases)

    def level_leases(self, index: int) -> list[LeaseRecord]:
        """Return the leases of a level."""
        return [self.leases[lease_id] for lease_id in self._of_level.get(index, ())]

    def agent_leases(self, agent_id: str) -> list[LeaseRecord]:
        """Return the leases of an agent."""
        return [self.leases[lease_id] for lease_id in self._of_agent.get(agent_id, ())]

    def put(self, lease: LeaseRecord) -> None:
        """Add or replace a lease and tell those who wait."""
        if lease.lease_id not in self.leases:
            self._of_agent[lease.agent_id].append(lease.lease_id)
            self._of_level[lease.level].append(lease.lease_id)
            if lease.succeeds is not None:
                self._heirs_of[lease.succeeds].append(lease.lease_id)
        self.leases[lease.lease_id] = lease
        self.changes.publish()

    def annotate(self, new: Annotations) -> None:
        """Take over what people say about the run."""
        record = replace(self.record, config=new.config, remark=new.remark, baseline=new.baseline)
        if record != self.record:
            self.record = record
            self.changes.publish()

    def describe(self) -> run_pb2.WatchRunResponse:
        """Return an update for watchers."""
        update = self.live.describe(time.monotonic())
        update.revision = self.changes.revision
        update.run.CopyFrom(run_message(self.record, self.agent_ids))
        update.notes.extend([*self.record.notes, *describe_losses(self.leases.values(), self.levels)])
        update.notes.extend([self.waiting_for] if self.waiting_for else [])
        update.validation_log.extend(self.validation)
        if self._of_level and not self.ended:
            index = max(self._of_level)
            leases = self.level_leases(index)
            update.agents.extend(describe_agents(leases, self.live.level(index)))
            update.agent_count = len({lease.agent_id for lease in leases})
        return update


class ActiveRuns:
    """All of them, found by run or by lease."""

    def __init__(self) -> None:
        self.elsewhere = Changes()  # of runs in the database, by any controller
        self._runs: dict[str, ActiveRun] = {}

    def __iter__(self) -> Iterator[ActiveRun]:
        return iter(list(self._runs.values()))

    def add(self, run: ActiveRun) -> None:
        """Take a run in."""
        self._runs[run.record.run_id] = run

    def remove(self, run: ActiveRun) -> None:
        """Take a run out."""
        self._runs.pop(run.record.run_id, None)

    def get(self, run_id: str) -> ActiveRun | None:
        """Return a run, None when this process does not drive it."""
        return self._runs.get(run_id)

    def of_lease(self, lease_id: str) -> ActiveRun | None:
        """Return the run of a lease, None when this process does not drive it."""
        run = self._runs.get(run_id_of(lease_id))
        return run if run is not None and lease_id in run.leases else None

    def driven(self, lease_id: str) -> bool:
        """Whether a lease goes on and is surely this process's to look after, whatever the database is up to."""
        run = self.of_lease(lease_id)
        if run is None or run.abandoned or ownership_clock() >= run.owned_until:
            return False
        return not lease_ended(run.leases[lease_id].state)

    def reservations(self) -> dict[str, ActiveRun]:
        """Return the run that has each busy agent."""
        return {agent_id: run for run in self if not run.ended for agent_id in run.reserved}

    def lease_counts(self) -> dict[str, int]:
        """Return the number of leases each agent holds."""
        return Counter(
            lease.agent_id for run in self for lease in run.leases.values() if not lease_ended(lease.state)
        )


def lease_id_of(run_id: str, level: int, number: int) -> str:
    """Return the identifier of a lease; `number` counts the leases of a level."""
    return f"{run_id}.{level}.{number}"


def run_id_of(lease_id: str) -> str:
    """Return the run a lease belongs to."""
    return lease_id.split(".", 1)[0]
