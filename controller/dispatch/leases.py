"""What agents say of their leases, and what they are told of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import structlog

from controller.dispatch.active import ActiveRun, ActiveRuns
from controller.dispatch.cutting import Share
from controller.dispatch.sessions import Session, Sessions
from controller.dispatch.telling import tell_of_lost_agent
from controller.events.hub import Events
from controller.lifecycle import check_lease, lease_ended
from controller.store.database import Connection, Database
from controller.store.leases import find_open, save_leases
from controller.store.ownership import hold_runs
from controller.store.records import LeaseRecord
from controller.target import TargetSecrets, target_spec, workload_spec
from loadcell.errors import LoadcellError
from loadcell.protocol import MAX_WORKERS
from loadcell.v1 import agent_pb2

log = structlog.get_logger()

MAX_TEXT = 2_000  # characters of an error or a note of an agent
MAX_NOTES = 100
RETRY_SECONDS = 1.0  # after the database did not take the states of leases
SECRETS_LOST = (
    "the controller was restarted, and the target's API key and headers are lost: without LOADCELL_SECRET_KEY they"
    " are kept in memory only, and with another key than before they cannot be read; start the run again"
)
_Lease = agent_pb2.LeaseState
# States an agent may report; the others are the controller's to set.
_REPORTED = frozenset(_Lease.values()) - {
    _Lease.LEASE_STATE_UNSPECIFIED,
    _Lease.LEASE_STATE_OFFERED,
    _Lease.LEASE_STATE_EXPIRED,
}


@dataclass(slots=True, eq=False)
class LeaseBook:
    """Keeps leases in memory and in the database in step. `run` must be running.

    Memory changes first and at once, so no sign of life waits for the database. The newest state of every changed
    lease is written a moment later; `save` waits until that is done. `on_unknown` is told of an agent, and of a
    lease it has reported on that there is not.
    """

    database: Database
    sessions: Sessions
    runs: ActiveRuns
    owner: str
    events: Events
    on_unknown: Callable[[str, str], None] = lambda agent_id, lease_id: None  # noqa: ARG005 - nobody listens
    _unsaved: dict[str, LeaseRecord] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Write what has changed and answer for leases of runs that others drive, for ever."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self.save()
                await self.settle()
            except LoadcellError as error:
                log.warning("leases_not_stored", error=str(error.__cause__ or error))
                await asyncio.sleep(RETRY_SECONDS)
                self._changed.set()

    async def save(self) -> None:
        """Write what has changed until now; what rests on the states of leases is written after this.

        Of a run that another controller has taken nothing is written: that one knows better.

        Raises:
            LoadcellError: DATABASE_ERROR, SERVICE_UNAVAILABLE; nothing is lost, the next call writes it.
        """
        changed = list(self._unsaved.values())
        if not changed:
            return

        def store(connection: Connection) -> set[int]:
            held = hold_runs(connection, {lease.run_key for lease in changed}, self.owner)
            save_leases(connection, [lease for lease in changed if lease.run_key in held])
            return held

        held = await self.database.write(store, repeatable=True)
        for lease in changed:
            # Of a run that is lost the agents are told, as soon as its driver finds out; see `hand_over`.
            over = lease.run_key in held or self.runs.of_lease(lease.lease_id) is None
            if over and self._unsaved.get(lease.lease_id) is lease:
                del self._unsaved[lease.lease_id]

    def pending(self, session: Session) -> bool:
        """Whether something an agent has reported would be lost with this process."""
        agent_id = session.agent.agent_id
        return (
            any(lease.agent_id == agent_id for lease in self._unsaved.values())
            or any(lease_ended(update.state) for update in session.elsewhere.values())
            or any(
                run.leases[lease_id].agent_id == agent_id for run in self.runs for lease_id, _ in run.lost_workers
            )
        )

    def update(self, session: Session, update: agent_pb2.LeaseUpdate) -> None:
        """Take a report of an agent. What cannot be is logged, not taken; a lease that is over is cancelled."""
        agent_id = session.agent.agent_id
        if update.state not in _REPORTED:
            log.warning("lease_update_refused", agent_id=agent_id, lease_id=update.lease_id, state=update.state)
            return
        run = self.runs.of_lease(update.lease_id)
        if run is None:
            # Perhaps another controller drives the run, or this one is about to take it over.
            session.keep(update)
            self._changed.set()
            return
        lease = run.leases[update.lease_id]
        if lease.agent_id == agent_id:
            self._note_lost_workers(run, lease, update)
        if lease.agent_id != agent_id or lease_ended(lease.state):
            self._end(agent_id, update)
        elif update.state != lease.state:
            try:
                check_lease(lease.state, update.state)
            except LoadcellError as error:
                log.warning(
                    "lease_update_refused", agent_id=agent_id, lease_id=lease.lease_id, error=error.message
                )
                return
            self.put(run, self._reported(lease, update))
            if update.state == _Lease.LEASE_STATE_READY:
                self.start(run, lease)

    def _note_lost_workers(self, run: ActiveRun, lease: LeaseRecord, update: agent_pb2.LeaseUpdate) -> None:
        """Remember the workers an agent has lost until others have what fell to them."""
        if run.stopping or run.ended or lease.end_ordinal is not None or run.levels[lease.level].finished:
            return
        known = {Share.of(successor).begun_at(0) for successor in run.successors(lease)}
        for loss in update.lost_workers:
            if not 0 <= loss.worker < loss.worker_count <= MAX_WORKERS:
                log.warning("lost_worker_refused", lease_id=lease.lease_id, worker=loss.worker)
            elif Share.of(lease).part(loss.worker, loss.worker_count).begun_at(0) not in known:
                run.lost_workers[lease.lease_id, loss.worker] = loss
                run.changes.publish()

    def put(self, run: ActiveRun, lease: LeaseRecord) -> None:
        """Replace a lease in memory at once, and in the database soon."""
        run.put(lease)
        if lease_ended(lease.state):
            run.live.level(lease.level).forget(lease.lease_id)
        self._unsaved[lease.lease_id] = lease
        self._changed.set()

    def expire(self, run: ActiveRun, lease: LeaseRecord, error: str) -> None:
        """Give a lease up; its agent is told, should it come back."""
        log.warning(
            "lease_expired",
            run_id=run.record.run_id,
            lease_id=lease.lease_id,
            agent_id=lease.agent_id,
            error=error,
        )
        tell_of_lost_agent(self.events, run, lease, error)
        self.put(run, replace(lease, state=_Lease.LEASE_STATE_EXPIRED, error=error))
        self.cancel(lease.agent_id, lease.lease_id, error)

    def dismiss(self, session: Session, error: LoadcellError) -> None:
        """End the session of an agent that may be one no longer; others take over its shares at once."""
        agent_id = session.agent.agent_id
        if self.sessions.get(agent_id) is session:
            for run in self.runs:
                for lease in run.agent_leases(agent_id):
                    if not lease_ended(lease.state):
                        self.expire(run, lease, error.message)
        session.end(error)

    def progress(self, agent_id: str, reports: Iterable[agent_pb2.LeaseProgress]) -> None:
        """Take the progress an agent tells in a heartbeat."""
        for report in reports:
            run = self.runs.of_lease(report.lease_id)
            if run is None:
                continue
            lease = run.leases[report.lease_id]
            if lease.agent_id == agent_id and not lease_ended(lease.state):
                run.live.progress(lease.level, report)
                run.changes.publish()

    def note(self, agent_id: str, note: str) -> None:
        """Keep a remark with what an agent is doing now."""
        for run in self.runs:
            for lease in run.agent_leases(agent_id):
                if not lease_ended(lease.state) and note not in lease.notes:
                    self.put(run, replace(lease, notes=(*lease.notes, note)[:MAX_NOTES]))

    def reconcile(self, session: Session) -> None:
        """Bring a newly connected agent and our leases to the same state, whatever was lost on the way."""
        for run in self.runs:
            held = self.reconcile_run(session, run)
            run.forgotten -= held
            for lease in run.agent_leases(session.agent.agent_id):
                if lease_ended(lease.state) and lease.lease_id not in held and not delivered(lease):
                    run.forgotten.add(lease.lease_id)
        self._changed.set()

    def reconcile_run(self, session: Session, run: ActiveRun) -> set[str]:
        """Do so for the leases of one run, which may have been taken over while the agent was connected.

        Returns:
            Those the agent has told of.
        """
        held = {lease_id for lease_id in session.elsewhere if lease_id in run.leases}
        for lease_id in held:
            self.update(session, session.elsewhere.pop(lease_id))
        for lease in run.agent_leases(session.agent.agent_id):
            if not lease_ended(lease.state):
                self._remind(run, lease, known=lease.lease_id in held)
        return held

    def hand_over(self, run: ActiveRun) -> None:
        """Keep in mind what agents hold of a run that this process drives no longer, and what was not written."""
        for lease in run.leases.values():
            unsaved = self._unsaved.pop(lease.lease_id, None) is not None
            session = self.sessions.get(lease.agent_id)
            told = lease.state in _REPORTED and (unsaved or not lease_ended(lease.state))
            if session is not None and told:
                session.keep(_report(lease))
        self._changed.set()

    async def settle(self) -> None:
        """Cancel what agents hold of runs that are over; leases that others look after are let be.

        Raises:
            LoadcellError: DATABASE_ERROR, SERVICE_UNAVAILABLE.
        """
        asked = {lease_id for session in self.sessions for lease_id in session.elsewhere}
        if not asked:
            return
        found = await self.database.read(lambda c: find_open(c, asked))
        for session in self.sessions:
            for lease_id in asked & session.elsewhere.keys():
                if lease_id not in found:
                    self.on_unknown(session.agent.agent_id, lease_id)
                if not found.get(lease_id, False):
                    self._end(session.agent.agent_id, session.elsewhere.pop(lease_id))

    def _end(self, agent_id: str, update: agent_pb2.LeaseUpdate) -> None:
        if not lease_ended(update.state):
            self.cancel(agent_id, update.lease_id, "the lease is over")

    def _remind(self, run: ActiveRun, lease: LeaseRecord, *, known: bool) -> None:
        # What is stored may be behind: a lease that has batches was taken up, whatever its state says.
        if not known and (lease.state != _Lease.LEASE_STATE_OFFERED or lease.committed_batch_number):
            self.expire(run, lease, "it was restarted and no longer holds its share")
        elif run.stopping:
            self.cancel(lease.agent_id, lease.lease_id, run.stopping)
        elif not known and run.secrets is None:
            self.expire(run, lease, SECRETS_LOST)
        elif not known:
            self.grant(run, lease)
        elif lease.state == _Lease.LEASE_STATE_READY:
            self.start(run, lease)

    def grant(self, run: ActiveRun, lease: LeaseRecord) -> None:
        """Offer a lease to its agent."""
        level = run.levels[lease.level]
        grant = agent_pb2.LeaseGrant(
            lease_id=lease.lease_id,
            run_id=run.record.run_id,
            level=level.plan,
            share_index=lease.share_index,
            share_count=lease.share_count,
            target=target_spec(run.record, run.secrets or TargetSecrets()),
            workload=workload_spec(run.record.config, run.record.words_per_token),
            worker_count=run.record.config.worker_count,
            timeline=run.record.config.timeline,
            request_id=run.record.log_request_id,
            first_ordinal=lease.first_ordinal,
            # An agent nobody can stand in for goes on behind a cut network.
            fence_micros=round(self.sessions.lease_seconds * 1e6) if run.shared else 0,
        )
        if level.start_micros:
            grant.level.warmup_count = 0  # the level is under way: whoever takes over must not lose more time
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
            notes=tuple(dict.fromkeys([*lease.notes, *(note[:MAX_TEXT] for note in update.notes)]))[:MAX_NOTES],
            clock_offset_micros=session.agent.clock_offset_micros if session else lease.clock_offset_micros,
            clock_uncertainty_micros=(
                session.agent.clock_uncertainty_micros if session else lease.clock_uncertainty_micros
            ),
        )


def _report(lease: LeaseRecord) -> agent_pb2.LeaseUpdate:
    """Return the report of an agent that a lease is as it is after."""
    return agent_pb2.LeaseUpdate(
        lease_id=lease.lease_id,
        state=lease.state,
        error=lease.error,
        last_batch_number=lease.last_batch_number,
        health=lease.health,
        timestamp_source=lease.timestamp_source,
        start_micros=lease.start_micros,
        end_offset_micros=lease.end_offset_micros,
        ramp_down_offset_micros=lease.ramp_down_offset_micros,
        worker_count=lease.worker_count,
        notes=lease.notes,
    )


def delivered(lease: LeaseRecord) -> bool:
    """Whether everything a lease has measured is committed; only known of one that has ended."""
    return lease.committed_batch_number >= lease.last_batch_number
