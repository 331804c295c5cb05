"""Gives what is left of lost shares to others, and stores what is not known of them (decision 0007).

A share is orphaned when nobody works on it any more. It is cut and handed over in one transaction, so whoever
drives the run after a restart finds either all of it or nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from heapq import nsmallest

import structlog

from controller.dispatch.active import ActiveRun
from controller.dispatch.cut import Cut, carry_out
from controller.dispatch.cutting import MAX_COUNT, Share
from controller.dispatch.heirs import MAX_HEIRS, choose_heirs
from controller.dispatch.leases import SECRETS_LOST, LeaseBook, delivered
from controller.dispatch.notes import add_notes
from controller.dispatch.outcomes import RunFailedError
from controller.dispatch.placement import Placement, usable_agents
from controller.dispatch.selection import ranked
from controller.dispatch.tenure import Tenure
from controller.lifecycle import lease_ended
from controller.store.records import AgentRecord, LeaseRecord, LevelRecord
from loadcell.clock import AnchoredClock
from loadcell.v1 import agent_pb2

log = structlog.get_logger()

MAX_UNCERTAINTY_MICROS = 1_000_000  # of an agent's clock; one that is known worse moves the cut no further

_Lease = agent_pb2.LeaseState


@dataclass(frozen=True, slots=True)
class HandOver:
    """Looks after the shares of lost agents and workers."""

    tenure: Tenure
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
            known = run.leases[lease.lease_id]  # the cut before this one may have taken its time
            if self._orphaned(run, known) and not await self._hand_over(run, known):
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
        agents, note = self._heirs(run, lease) if waited or (at_once and not completed) else ([], "")
        if not agents and not waited:
            return False
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
        await self._cut(run, cut, note)
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
            agents, note = ([lease.agent_id], "") if stays else self._heirs(run, lease, share)
            if not agents and not waited:
                return False
            refusal = _refusal(run, agents, f"agent {lease.agent_id}: {loss.error}; nobody was there to take over")
            cut = Cut(lease, share, loss.next_ordinal, loss.offset_micros, agents, refusal)
            await self._cut(run, cut, note)
        run.lost_workers.pop((lease.lease_id, worker), None)
        return True

    async def _cut(self, run: ActiveRun, cut: Cut, note: str) -> None:
        """Store the cut and give the successors their leases; the note is on these."""
        level, seed, lease_id = run.levels[cut.lease.level], run.record.config.seed, cut.lease.lease_id
        leases, censored = await self.tenure.write(
            run, lambda c: carry_out(c, run.record.run_id, level, seed, cut), repeatable=True
        )
        if censored:
            log.warning("samples_censored", run_id=run.record.run_id, lease_id=lease_id, count=censored)
        if note and any(lease.lease_id not in run.leases for lease in leases):
            await add_notes(self.tenure, run, [note])
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

    def _heirs(self, run: ActiveRun, lease: LeaseRecord, worker: Share | None = None) -> tuple[list[str], str]:
        """Return who takes over, and a note when it is too much for them.

        The other agents of the run come first, then free ones, and the same one when it was started anew.
        """
        usable = self._usable(run)
        at_work = {
            agent_id: [
                Share.of(one)
                for one in run.agent_leases(agent_id)
                if one.level == lease.level and not lease_ended(one.state)
            ]
            for agent_id in usable.keys() & run.reserved - {lease.agent_id}
        }
        free = [agent for agent in self.placement.free(run) if agent.agent_id not in at_work]
        if at_work or lease.state == _Lease.LEASE_STATE_CANCELLED:
            free = [agent for agent in free if agent.agent_id != lease.agent_id]  # it is gone, or does not want to
        config = run.record.config
        agents, note = choose_heirs(
            config,
            run.levels[lease.level].plan,
            worker or Share.of(lease),
            [
                (usable[agent_id], at_work[agent_id])
                # No more can get a part, and comparing all with all would take a large fleet for ever.
                for agent_id in nsmallest(MAX_HEIRS, at_work, key=lambda a: (len(at_work[a]), a))
            ],
            ranked(free, mine=run.reserved, worker_count=config.worker_count),
            most=MAX_HEIRS if worker is None else 1,
        )
        run.reserved.update(agents)
        return agents, note

    def _usable(self, run: ActiveRun) -> dict[str, AgentRecord]:
        agents = usable_agents(self.book.sessions, run.record.config.agent_labels)
        return {agent.agent_id: agent for agent in agents}

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
