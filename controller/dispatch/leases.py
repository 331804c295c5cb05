"""What agents say of their leases, and what they are told of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import structlog

from controller.dispatch.active import ActiveRun, ActiveRuns
from controller.dispatch.sessions import Session, Sessions
from controller.lifecycle import check_lease, lease_ended
from controller.store.database import Database
from controller.store.leases import save_lease
from controller.store.records import LeaseRecord
from controller.target import TargetSecrets, target_spec, workload_spec
from loadcell.errors import LoadcellError
from loadcell.v1 import agent_pb2

log = structlog.get_logger()

MAX_TEXT = 2_000  # characters of an error or a note of an agent
MAX_NOTES = 100
SECRETS_LOST = (
    "the controller was restarted, and the target's API key and headers, which it keeps in memory only, are lost;"
    " start the run again"
)
_Lease = agent_pb2.LeaseState
# States an agent may report; the others are the controller's to set.
_REPORTED = frozenset(_Lease.values()) - {
    _Lease.LEASE_STATE_UNSPECIFIED,
    _Lease.LEASE_STATE_OFFERED,
    _Lease.LEASE_STATE_EXPIRED,
}


@dataclass(frozen=True, slots=True)
class LeaseBook:
    """Keeps leases in memory and in the database in step.

    Memory changes first and at once. The writer thread works in order, so no later state of the run can reach the
    database before the lease states it rests on.
    """

    database: Database
    sessions: Sessions
    runs: ActiveRuns

    async def update(self, agent_id: str, update: agent_pb2.LeaseUpdate) -> None:
        """Take a report of an agent. What cannot be is logged, not taken; a lease that is over is cancelled."""
        run = self.runs.of_lease(update.lease_id)
        lease = None if run is None else run.leases[update.lease_id]
        if run is None or lease is None or lease.agent_id != agent_id or lease_ended(lease.state):
            if update.state not in _REPORTED or not lease_ended(update.state):
                self.cancel(agent_id, update.lease_id, "the lease is over")
            return
        if update.state == lease.state:
            return
        try:
            _check_report(lease, update)
        except LoadcellError as error:
            log.warning("lease_update_refused", agent_id=agent_id, lease_id=lease.lease_id, error=error.message)
            return
        await self.put(run, self._reported(lease, update))

    async def put(self, run: ActiveRun, lease: LeaseRecord) -> None:
        """Replace a lease in memory, then in the database."""
        run.put(lease)
        if lease_ended(lease.state):
            run.live.level(lease.level).forget(lease.agent_id)
        await self.database.write(lambda c: save_lease(c, lease))

    async def expire(self, run: ActiveRun, lease: LeaseRecord, error: str) -> None:
        """Give a lease up; its agent is told, should it come back."""
        await self.put(run, replace(lease, state=_Lease.LEASE_STATE_EXPIRED, error=error))
        self.cancel(lease.agent_id, lease.lease_id, error)

    def progress(self, agent_id: str, reports: Iterable[agent_pb2.LeaseProgress]) -> None:
        """Take the progress an agent tells in a heartbeat."""
        for report in reports:
            run = self.runs.of_lease(report.lease_id)
            if run is not None and run.leases[report.lease_id].agent_id == agent_id:
                run.live.progress(run.leases[report.lease_id].level, agent_id, report)
                run.changes.publish()

    async def reconcile(self, session: Session, held: Iterable[agent_pb2.LeaseUpdate]) -> None:
        """Bring a newly connected agent and our leases to the same state, whatever was lost on the way."""
        agent_id = session.agent.agent_id
        held = list(held)
        for update in held:
            await self.update(agent_id, update)
        known = {update.lease_id for update in held}
        for run in self.runs:
            for lease in list(run.leases.values()):
                if lease.agent_id == agent_id and not lease_ended(lease.state):
                    await self._remind(run, lease, known=lease.lease_id in known)

    async def _remind(self, run: ActiveRun, lease: LeaseRecord, *, known: bool) -> None:
        if not known and lease.state != _Lease.LEASE_STATE_OFFERED:
            await self.expire(run, lease, "it was restarted and no longer holds its share")
        elif run.stopping:
            self.cancel(lease.agent_id, lease.lease_id, run.stopping)
        elif not known and run.secrets is None:
            await self.expire(run, lease, SECRETS_LOST)
        elif not known:
            self.grant(run, lease)
        elif lease.state == _Lease.LEASE_STATE_READY:
            self.start(run, lease)

    def grant(self, run: ActiveRun, lease: LeaseRecord) -> None:
        """Offer a lease to its agent."""
        grant = agent_pb2.LeaseGrant(
            lease_id=lease.lease_id,
            run_id=run.record.run_id,
            level=run.levels[lease.level].plan,
            share_index=lease.share_index,
            share_count=lease.share_count,
            target=target_spec(run.record, run.secrets or TargetSecrets()),
            workload=workload_spec(run.record.config, run.record.words_per_token),
            worker_count=run.record.config.worker_count,
            timeline=run.record.config.timeline,
            request_id=run.record.log_request_id,
        )
        self.sessions.send(lease.agent_id, agent_pb2.SessionResponse(lease_grant=grant))

    def start(self, run: ActiveRun, lease: LeaseRecord) -> None:
        """Tell an agent when its prepared lease starts, if that is decided."""
        start = run.levels[lease.level].start_micros
        if start:
            message = agent_pb2.LeaseStart(lease_id=lease.lease_id, start_micros=start)
            self.sessions.send(lease.agent_id, agent_pb2.SessionResponse(lease_start=message))

    def cancel(self, agent_id: str, lease_id: str, reason: str) -> None:
        """Tell an agent to stop a lease within one second."""
        message = agent_pb2.LeaseCancel(lease_id=lease_id, reason=reason)
        self.sessions.send(agent_id, agent_pb2.SessionResponse(lease_cancel=message))

    def _reported(self, lease: LeaseRecord, update: agent_pb2.LeaseUpdate) -> LeaseRecord:
        session = self.sessions.get(lease.agent_id)
        return replace(
            lease,
            state=update.state,
            error=update.error[:MAX_TEXT],
            last_batch_number=max(update.last_batch_number, lease.last_batch_number),
            health=update.health if update.HasField("health") else lease.health,
            timestamp_source=update.timestamp_source[:MAX_TEXT] or lease.timestamp_source,
            start_micros=update.start_micros or lease.start_micros,
            end_offset_micros=update.end_offset_micros or lease.end_offset_micros,
            ramp_down_offset_micros=update.ramp_down_offset_micros or lease.ramp_down_offset_micros,
            worker_count=update.worker_count or lease.worker_count,
            notes=(*lease.notes, *(note[:MAX_TEXT] for note in update.notes))[:MAX_NOTES],
            clock_offset_micros=session.agent.clock_offset_micros if session else lease.clock_offset_micros,
            clock_uncertainty_micros=(
                session.agent.clock_uncertainty_micros if session else lease.clock_uncertainty_micros
            ),
        )


def _check_report(lease: LeaseRecord, update: agent_pb2.LeaseUpdate) -> None:
    if update.state not in _REPORTED:
        raise LoadcellError("ILLEGAL_TRANSITION", f"an agent cannot report state {update.state}")
    check_lease(lease.state, update.state)


def delivered(lease: LeaseRecord) -> bool:
    """Whether everything a lease has measured is committed; only known of one that has ended."""
    return lease.committed_batch_number >= lease.last_batch_number
