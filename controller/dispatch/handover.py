"""Gives what is left of lost shares to others, and stores what is not known of them (decision 0007).

A share is orphaned when nobody works on it any more. It is cut and handed over in one transaction, so whoever
drives the run after a restart finds either all of it or nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from controller.dispatch.active import ActiveRun
from controller.dispatch.cut import Cut, carry_out
from controller.dispatch.cutting import MAX_COUNT, Share
from controller.dispatch.leases import SECRETS_LOST, LeaseBook, delivered
from controller.dispatch.outcomes import RunFailedError
from controller.dispatch.placement import Placement, usable_agents
from controller.lifecycle import lease_ended
from controller.store.database import Database
from controller.store.records import LeaseRecord, LevelRecord
from loadcell.clock import AnchoredClock
from loadcell.v1 import agent_pb2

log = structlog.get_logger()

MAX_HEIRS = 64  # agents that one share is divided among, so that lost shares make a bounded number of leases
MAX_UNCERTAINTY_MICROS = 1_000_000  # of an agent's clock; one that is known worse moves the cut no further

_Lease = agent_pb2.LeaseState


@dataclass(frozen=True, slots=True)
class HandOver:
    """Looks after the shares of lost agents and workers."""

    database: Database
    book: LeaseBook
    placement: Placement
    clock: AnchoredClock

    async def look(self, run: ActiveRun, index: int) -> bool:
        """Hand over what is orphaned of a level; return whether some of it still waits for an agent.

        Raises:
            RunFailedError: Nobody was there to take over for `agent_wait_seconds`.
        """
        self._be_patient(run, index)
        orphans = set()
        for lease_id, worker in list(run.lost_workers):
            if not await self._hand_over_worker(run, run.leases[lease_id], worker):
                orphans.add(_orphan(run.leases[lease_id], worker))
        for lease in run.level_leases(index):
            if self._orphaned(run, run.leases[lease.lease_id]) and not await self._hand_over(run, lease):
                orphans.add(lease.lease_id)
        for gone in run.orphaned_at.keys() - orphans:
            del run.orphaned_at[gone]
        self._tell(run, orphans)
        return bool(orphans)

    def _be_patient(self, run: ActiveRun, index: int) -> None:
        """Give the agents of a level time to come back, one after the other, when all of them were away.

        That is a cut network, or a controller that stood still: the first one back must not be given everything.
        """
        sessions = self.book.sessions
        at_work = {lease.agent_id for lease in run.level_leases(index) if not lease_ended(lease.state)}
        lost = {agent_id for agent_id in at_work if sessions.lost(agent_id)}
        if at_work and lost == at_work:
            run.unheard = True
        elif run.unheard:
            run.unheard = False
            for agent_id in lost:
                sessions.expect(agent_id)

    def _orphaned(self, run: ActiveRun, lease: LeaseRecord) -> bool:
        if lease.end_ordinal is not None or lease.state == _Lease.LEASE_STATE_FAILED:
            return False
        if lease.state == _Lease.LEASE_STATE_EXPIRED:
            return True
        lost = self.book.sessions.lost(lease.agent_id) or lease.lease_id in run.forgotten
        if lease.state == _Lease.LEASE_STATE_CANCELLED:
            return lost or delivered(lease)
        return lost and not (lease_ended(lease.state) and delivered(lease))

    async def _hand_over(self, run: ActiveRun, lease: LeaseRecord) -> bool:
        """Cut a lease, if that can be done now."""
        level, completed = run.levels[lease.level], lease.state == _Lease.LEASE_STATE_COMPLETED
        waited = self._waited(run, lease.lease_id)
        # An agent without a fence goes on behind a cut network: it is waited for, as is one whose work is done.
        at_once = lease_ended(lease.state) or run.shared or not level.start_micros
        agents = await self._heirs(run, lease) if waited or (at_once and not completed) else []
        if not agents and not waited:
            return False
        if not self._orphaned(run, lease := run.leases[lease.lease_id]):
            return True  # its agent is back
        if not lease_ended(lease.state):
            self.book.expire(run, lease, f"not heard of for {self.book.sessions.lease_seconds:g} s")
            lease = run.leases[lease.lease_id]
        if lease.state == _Lease.LEASE_STATE_EXPIRED:
            lease = replace(lease, end_offset_micros=self._offset(lease, level))
            self.book.put(run, lease)
        for key in [key for key in run.lost_workers if key[0] == lease.lease_id]:
            del run.lost_workers[key]  # everything that is left is handed over now
        what = lease.error or "it stopped its share"
        cut = Cut(
            lease=lease,
            worker=None,
            next_ordinal=run.live.level(lease.level).next_ordinal(lease.lease_id),
            until_micros=lease.end_offset_micros,
            agents=agents,
            refusal=_refusal(run, agents, f"agent {lease.agent_id}: lost, {what}; nobody was there to take over"),
        )
        await self._cut(run, cut)
        return True

    async def _hand_over_worker(self, run: ActiveRun, lease: LeaseRecord, worker: int) -> bool:
        """Give what fell to a lost worker to another process of its agent, or to another agent."""
        loss = run.lost_workers.get((lease.lease_id, worker))
        if loss is None or lease.end_ordinal is not None:
            run.lost_workers.pop((lease.lease_id, worker), None)
            return True
        share = Share.of(lease).part(loss.worker, loss.worker_count)
        if share.count > MAX_COUNT:
            raise RunFailedError(f"agent {lease.agent_id}: {loss.error}; its part cannot be divided any further")
        if share.lanes(run.levels[lease.level].plan) != 0:
            waited = self._waited(run, _orphan(lease, worker))
            stays = lease.agent_id in self._usable(run)
            agents = [lease.agent_id] if stays else (await self._heirs(run, lease))[:1]
            if not agents and not waited:
                return False
            refusal = _refusal(run, agents, f"agent {lease.agent_id}: {loss.error}; nobody was there to take over")
            await self._cut(run, Cut(lease, share, loss.next_ordinal, loss.offset_micros, agents, refusal))
        run.lost_workers.pop((lease.lease_id, worker), None)
        return True

    async def _cut(self, run: ActiveRun, cut: Cut) -> None:
        """Store the cut and give the successors their leases."""
        level, seed, lease_id = run.levels[cut.lease.level], run.record.config.seed, cut.lease.lease_id
        leases, censored = await self.database.write(
            lambda c: carry_out(c, run.record.run_id, level, seed, cut), repeatable=True
        )
        if censored:
            log.warning("samples_censored", run_id=run.record.run_id, lease_id=lease_id, count=censored)
        for lease in leases:
            if lease.lease_id == lease_id:
                run.put(replace(run.leases[lease_id], end_ordinal=lease.end_ordinal))
            elif lease.lease_id not in run.leases:
                run.put(lease)
                run.reserved.add(lease.agent_id)
                self.book.grant(run, lease)
                log.warning(
                    "share_handed_over",
                    run_id=run.record.run_id,
                    lease_id=lease_id,
                    successor=lease.lease_id,
                    agent_id=lease.agent_id,
                    share=f"{lease.share_index}/{lease.share_count}",
                    first_ordinal=lease.first_ordinal,
                )

    async def _heirs(self, run: ActiveRun, lease: LeaseRecord) -> list[str]:
        """Return who takes over: the other agents of the run, else a free one or the same one, started anew."""
        usable, leases = self._usable(run), run.level_leases(lease.level)
        load = {
            agent_id: sum(one.agent_id == agent_id and not lease_ended(one.state) for one in leases)
            for agent_id in usable & run.reserved - {lease.agent_id}
        }
        if load:
            return sorted(load, key=lambda agent_id: (load[agent_id], agent_id))[:MAX_HEIRS]
        taken = self.book.runs.reservations()
        free = {agent_id for agent_id in usable if taken.get(agent_id, run) is run}
        if lease.state == _Lease.LEASE_STATE_CANCELLED:
            free.discard(lease.agent_id)  # it does not want to
        return await self.placement.choose(run, 1) if free else []

    def _usable(self, run: ActiveRun) -> set[str]:
        agents = usable_agents(self.book.sessions, run.record.config.agent_labels)
        return {agent.agent_id for agent in agents}

    def _offset(self, lease: LeaseRecord, level: LevelRecord) -> int:
        """Return the time now since the start of a level, as late as it may be by the clock of a lease's agent."""
        if not level.start_micros:
            return 0
        margin = min(lease.clock_uncertainty_micros or 0.0, MAX_UNCERTAINTY_MICROS)
        return max(1, self.clock.micros() - (lease.start_micros or level.start_micros) + round(margin))

    def _waited(self, run: ActiveRun, orphan: str) -> bool:
        now = time.monotonic()
        return now - run.orphaned_at.setdefault(orphan, now) > self.placement.agent_wait_seconds

    def _tell(self, run: ActiveRun, orphans: set[str]) -> None:
        agents = sorted({run.leases[orphan.partition("/")[0]].agent_id for orphan in orphans})
        waiting = f"waiting for {', '.join(agents)} or another agent to go on" if agents else ""
        if run.waiting_for != waiting:
            run.waiting_for = waiting
            run.changes.publish()


def _orphan(lease: LeaseRecord, worker: int) -> str:
    return f"{lease.lease_id}/{worker}"


def _refusal(run: ActiveRun, agents: Sequence[str], nobody: str) -> str:
    if not agents:
        return nobody
    return SECRETS_LOST if run.secrets is None else ""
