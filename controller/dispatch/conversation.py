"""The conversation with one agent: registration, then heartbeats and reports one way, commands the other."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from functools import partial

import structlog

from controller.admission import Admission
from controller.dispatch.dispatcher import Dispatcher
from controller.dispatch.registering import agent_record, registration
from controller.dispatch.sessions import MAX_ELSEWHERE, Session
from controller.dispatch.soundness import is_sound_beat, is_sound_progress, is_sound_update
from controller.refusals import Refusals
from controller.store.agents import save_agent
from controller.store.database import Connection, Database
from controller.store.records import AgentRecord
from loadcell import __version__
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.protocol import MAX_AGENTS, PROTOCOL_VERSION
from loadcell.v1 import agent_pb2

log = structlog.get_logger()

Requests = AsyncIterator[agent_pb2.SessionRequest]


REGISTER_SECONDS = 10.0  # from the begin of a session until its Register


@dataclass(frozen=True, slots=True)
class Conversation:
    """Talks with agents on behalf of a dispatcher."""

    database: Database
    dispatcher: Dispatcher
    refusals: Refusals
    heartbeat_seconds: float

    def __post_init__(self) -> None:
        self.dispatcher.book.on_unknown = self._refuse_unknown

    async def hold(self, requests: Requests, admission: Admission) -> AsyncIterator[agent_pb2.SessionResponse]:
        """Talk with one agent until it leaves or the session is ended.

        Raises:
            LoadcellError: INVALID_REQUEST, INVALID_FIELD_FORMAT, INVALID_FIELD_VALUE, LIMIT_EXCEEDED,
                PROTOCOL_VERSION_UNSUPPORTED for a first message that is no usable Register; INVALID_REQUEST for a
                second one; AGENT_TOKEN_BOUND and why a token has ended; SESSION_REPLACED; SERVICE_UNAVAILABLE.
        """
        register = registration(await _first(requests))
        admission.claim(register.agent_id)
        self.dispatcher.sessions.namesakes.check(register.agent_id, register.instance_id)
        self._check_room(register.agent_id)
        # The database may take its time; the leases of an agent that is here must not expire meanwhile.
        self.dispatcher.sessions.expect(register.agent_id)

        def store(connection: Connection) -> AgentRecord:
            admission.bind(connection, register.agent_id)
            return save_agent(connection, agent_record(register), self.dispatcher.owner)

        agent = await self.database.write(store)
        session = Session(agent, register.instance_id, register.scrapes)
        admission.when_refused(partial(self.dispatcher.book.dismiss, session))
        sessions = self.dispatcher.sessions
        session.send(agent_pb2.SessionResponse(registered=self._registered()))
        if agent.draining:
            session.send(agent_pb2.SessionResponse(drain=agent_pb2.Drain(enabled=True)))
        sessions.open(session)
        log.info("agent_connected", agent_id=agent.agent_id, hostname=agent.hostname, workers=agent.worker_count)
        listener = asyncio.create_task(self._listen(session, register, requests))
        try:
            while (response := await session.outbox.get()) is not None:
                if response.HasField("heartbeat_reply"):
                    # As late as possible: the agent takes this instant for that of the departure.
                    response.heartbeat_reply.controller_send_micros = self.dispatcher.clock.micros()
                yield response
            if session.ended is not None:
                raise session.ended
            await listener
        finally:
            sessions.close(session)
            listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listener
            log.info("agent_disconnected", agent_id=agent.agent_id)

    def _check_room(self, agent_id: str) -> None:
        sessions = self.dispatcher.sessions
        if sessions.get(agent_id) is None and len(sessions.connected()) >= MAX_AGENTS:
            raise LoadcellError(
                "LIMIT_EXCEEDED", f"there are {MAX_AGENTS:,} agents already, the most there may be"
            )

    def _registered(self) -> agent_pb2.Registered:
        return agent_pb2.Registered(
            controller_id=self.dispatcher.owner,
            protocol_version=PROTOCOL_VERSION,
            heartbeat_interval_micros=round(self.heartbeat_seconds * 1e6),
            lease_duration_micros=round(self.dispatcher.sessions.lease_seconds * 1e6),
            software_version=__version__,
        )

    async def _listen(self, session: Session, register: agent_pb2.Register, requests: Requests) -> None:
        try:
            for update in register.leases:
                if self._is_taken(session, update):
                    session.keep(update)
            self.dispatcher.book.reconcile(session)
            async for request in requests:
                self._take(session, request)
        finally:
            session.finish()

    def _take(self, session: Session, request: agent_pb2.SessionRequest) -> None:
        """Take a message; nothing here waits, so a heartbeat is heard at once whatever came before it."""
        self.dispatcher.sessions.hear(session.agent.agent_id)
        kind = request.WhichOneof("message")
        if kind == "heartbeat":
            self._beat(session, request.heartbeat)
            return
        session.agent = replace(session.agent, last_seen_at=wall_micros())
        if kind == "lease_update":
            if self._is_taken(session, request.lease_update):
                self.dispatcher.book.update(session, request.lease_update)
        elif kind == "probe_result":
            self.dispatcher.probes.answer(request.probe_result)
        elif kind == "scrape_result":
            self.dispatcher.scrapes.answer(request.scrape_result)
        elif kind == "register":
            session.end(LoadcellError("INVALID_REQUEST", "a session has one Register, and this one had it before"))
        else:
            self._refuse(session, "INVALID_REQUEST", "a message that says nothing this controller knows")

    def _is_taken(self, session: Session, update: agent_pb2.LeaseUpdate) -> bool:
        """Whether a report on a lease is to be looked at; a claim on another agent's lease is refused there."""
        run = self.dispatcher.runs.of_lease(update.lease_id)
        if not is_sound_update(update):
            self._refuse(session, "INVALID_FIELD_VALUE", "a lease update too long or with an impossible figure")
            return False
        if run is None and update.lease_id not in session.elsewhere and len(session.elsewhere) >= MAX_ELSEWHERE:
            self._refuse(session, "UNKNOWN_LEASE", "more unknown leases than an agent can have")
            return False
        if run is not None and run.leases[update.lease_id].agent_id != session.agent.agent_id:
            self._refuse(
                session, "WRONG_AGENT", "a lease update for another agent's lease", lease_id=update.lease_id
            )
        return True

    def _refuse(self, session: Session, reason: str, error: str, **facts: str) -> None:
        self.refusals.note(reason, agent_id=session.agent.agent_id, error=error, **facts)

    def _refuse_unknown(self, agent_id: str, lease_id: str) -> None:
        self.refusals.note("UNKNOWN_LEASE", agent_id=agent_id, lease_id=lease_id, error="a report on no lease")

    def _beat(self, session: Session, beat: agent_pb2.Heartbeat) -> None:
        received = self.dispatcher.clock.micros()
        if is_sound_beat(beat):
            self._note_figures(session, beat)
        else:
            session.agent = replace(session.agent, last_seen_at=wall_micros())
            self._refuse(session, "INVALID_FIELD_VALUE", "a heartbeat with impossible figures")
        reply = agent_pb2.HeartbeatReply(
            sequence=beat.sequence,
            agent_send_micros=beat.agent_send_micros,
            controller_receive_micros=received,
            updates_pending=self.dispatcher.book.pending(session),
            driven_elsewhere=[
                one.lease_id for one in beat.leases if not self.dispatcher.runs.driven(one.lease_id)
            ],
        )
        session.send(agent_pb2.SessionResponse(heartbeat_reply=reply))
        reports = [report for report in beat.leases if self._is_own(session, report)]
        self.dispatcher.book.progress(session.agent.agent_id, reports)

    def _is_own(self, session: Session, report: agent_pb2.LeaseProgress) -> bool:
        """Whether the progress of a lease can be true and is the agent's to tell."""
        run, lease_id = self.dispatcher.runs.of_lease(report.lease_id), report.lease_id
        if not is_sound_progress(report):
            self._refuse(session, "INVALID_FIELD_VALUE", "impossible figures of a lease", lease_id=lease_id)
            return False
        if run is not None and run.leases[lease_id].agent_id != session.agent.agent_id:
            self._refuse(session, "WRONG_AGENT", "the progress of another agent's lease", lease_id=lease_id)
            return False
        return True

    def _note_figures(self, session: Session, beat: agent_pb2.Heartbeat) -> None:
        self._note_steps(session, beat.clock_steps)
        session.uplink_bytes = beat.uplink_memory_bytes + beat.uplink_spool_bytes
        known = beat.clock_uncertainty_micros > 0
        session.agent = replace(
            session.agent,
            last_seen_at=wall_micros(),
            clock_offset_micros=beat.clock_offset_micros if known else None,
            clock_uncertainty_micros=beat.clock_uncertainty_micros if known else None,
            clock_steps=beat.clock_steps,
        )

    def _note_steps(self, session: Session, steps: int) -> None:
        """Tell of new steps of an agent's clock, in the log and with what the agent is measuring."""
        new = steps - session.agent.clock_steps  # below 0: the agent was started anew
        if new <= 0:
            return
        agent_id = session.agent.agent_id
        log.warning("agent_clock_stepped", agent_id=agent_id, steps=new, steps_since_start=steps)
        self.dispatcher.book.note(agent_id, "the wall clock of the agent was set during a level")


async def _first(requests: Requests) -> agent_pb2.SessionRequest | None:
    """Return the first message of a session, None when there is none.

    Raises:
        LoadcellError: INVALID_REQUEST, it does not come.
    """
    try:
        async with asyncio.timeout(REGISTER_SECONDS):
            return await anext(requests, None)
    except TimeoutError as error:
        raise LoadcellError(
            "INVALID_REQUEST", f"the first message of a session must come within {REGISTER_SECONDS:g} s"
        ) from error
