"""The conversation with one agent: registration, then heartbeats and reports one way, commands the other."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import structlog

from controller.dispatch.dispatcher import Dispatcher
from controller.dispatch.sessions import Session
from controller.store.agents import save_agent
from controller.store.database import Database
from controller.store.records import AgentRecord
from loadcell import __version__
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.protocol import PROTOCOL_VERSION
from loadcell.v1 import agent_pb2

log = structlog.get_logger()

MAX_PAIRS = 64  # labels, and facts about the host
MAX_PAIR_TEXT = 1_024  # characters
_AGENT_ID = re.compile(r"[a-zA-Z0-9._-]{1,128}")

Requests = AsyncIterator[agent_pb2.SessionRequest]


@dataclass(frozen=True, slots=True)
class Conversation:
    """Talks with agents on behalf of a dispatcher."""

    database: Database
    dispatcher: Dispatcher
    heartbeat_seconds: float

    async def hold(self, requests: Requests) -> AsyncIterator[agent_pb2.SessionResponse]:
        """Talk with one agent until it leaves or the session is ended.

        Raises:
            LoadcellError: INVALID_REQUEST, INVALID_FIELD_FORMAT, LIMIT_EXCEEDED, PROTOCOL_VERSION_UNSUPPORTED for
                a first message that is no usable Register; SESSION_REPLACED; SERVICE_UNAVAILABLE.
        """
        register = await _first(requests)
        # The database may take its time; the leases of an agent that is here must not expire meanwhile.
        self.dispatcher.sessions.expect(register.agent_id)
        agent = await self.database.write(lambda c: save_agent(c, _record(register)))
        session = Session(agent)
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
                session.keep(update)
            self.dispatcher.book.reconcile(session)
            async for request in requests:
                self._take(session, request)
        finally:
            session.finish()

    def _take(self, session: Session, request: agent_pb2.SessionRequest) -> None:
        """Take a message; nothing here waits, so a heartbeat is heard at once whatever came before it."""
        self.dispatcher.sessions.hear(session.agent.agent_id)
        session.agent = replace(session.agent, last_seen_at=wall_micros())
        kind = request.WhichOneof("message")
        if kind == "heartbeat":
            self._beat(session, request.heartbeat)
        elif kind == "lease_update":
            self.dispatcher.book.update(session, request.lease_update)
        elif kind == "probe_result":
            self.dispatcher.probes.answer(request.probe_result)

    def _beat(self, session: Session, beat: agent_pb2.Heartbeat) -> None:
        received = self.dispatcher.clock.micros()
        self._note_steps(session, beat.clock_steps)
        session.uplink_bytes = beat.uplink_memory_bytes + beat.uplink_spool_bytes
        known = beat.clock_uncertainty_micros > 0
        session.agent = replace(
            session.agent,
            clock_offset_micros=beat.clock_offset_micros if known else None,
            clock_uncertainty_micros=beat.clock_uncertainty_micros if known else None,
            clock_steps=beat.clock_steps,
        )
        reply = agent_pb2.HeartbeatReply(
            sequence=beat.sequence,
            agent_send_micros=beat.agent_send_micros,
            controller_receive_micros=received,
            updates_pending=self.dispatcher.book.pending(session),
        )
        session.send(agent_pb2.SessionResponse(heartbeat_reply=reply))
        self.dispatcher.book.progress(session.agent.agent_id, beat.leases)

    def _note_steps(self, session: Session, steps: int) -> None:
        """Tell of new steps of an agent's clock, in the log and with what the agent is measuring."""
        new = steps - session.agent.clock_steps  # below 0: the agent was started anew
        if new <= 0:
            return
        agent_id = session.agent.agent_id
        log.warning("agent_clock_stepped", agent_id=agent_id, steps=new, steps_since_start=steps)
        self.dispatcher.book.note(agent_id, "the wall clock of the agent was set during a level")


async def _first(requests: Requests) -> agent_pb2.Register:
    first = await anext(requests, None)
    if first is None or first.WhichOneof("message") != "register":
        raise LoadcellError("INVALID_REQUEST", "the first message of a session must be a Register")
    register = first.register
    if register.protocol_version != PROTOCOL_VERSION:
        raise LoadcellError(
            "PROTOCOL_VERSION_UNSUPPORTED",
            f"the agent speaks protocol version {register.protocol_version}, the controller {PROTOCOL_VERSION}",
            metadata={"agent": str(register.protocol_version), "controller": str(PROTOCOL_VERSION)},
        )
    if not _AGENT_ID.fullmatch(register.agent_id):
        raise LoadcellError(
            "INVALID_FIELD_FORMAT",
            "agent_id must be 1 to 128 characters of a-z, A-Z, 0-9, '.', '_' and '-'",
            field="register.agent_id",
        )
    for name, pairs in (("labels", register.labels), ("host", register.host)):
        if len(pairs) > MAX_PAIRS or any(len(k) + len(v) > MAX_PAIR_TEXT for k, v in pairs.items()):
            raise LoadcellError(
                "LIMIT_EXCEEDED",
                f"{name} may have {MAX_PAIRS} entries of {MAX_PAIR_TEXT:,} characters",
                field=f"register.{name}",
            )
    return register


def _record(register: agent_pb2.Register) -> AgentRecord:
    now = wall_micros()
    return AgentRecord(
        agent_id=register.agent_id,
        hostname=register.hostname[:MAX_PAIR_TEXT],
        worker_count=register.worker_count,
        software_version=register.software_version[:MAX_PAIR_TEXT],
        kernel_timestamps=register.kernel_timestamps,
        draining=False,
        registered_at=now,
        last_seen_at=now,
        labels=dict(register.labels),
        host=dict(register.host),
        calibration=register.calibration if register.HasField("calibration") else None,
    )
