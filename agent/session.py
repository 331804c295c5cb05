"""The agent's conversation with the controller: registration, heartbeats, clock, leases, commands."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import grpc
import structlog

from agent.backoff import Backoff
from agent.clock import OffsetEstimator
from agent.contact import Contact
from agent.fence import fence_clock_ns
from agent.leases import Leases
from agent.uplink import Waiting
from loadcell import __version__
from loadcell.clock import AnchoredClock, StepDetector
from loadcell.errors import LoadcellError
from loadcell.protocol import PROTOCOL_VERSION
from loadcell.rpc_errors import from_rpc_error
from loadcell.tls_errors import explain_outage
from loadcell.v1 import agent_pb2, agent_pb2_grpc

# Quick heartbeats after the registration give a good clock offset before the first lease can start.
_QUICK_HEARTBEATS = 8
_QUICK_SECONDS = 0.02
# A session whose heartbeats get no answer for this many intervals is opened anew.
_SILENT_INTERVALS = 5
_FATAL = frozenset(
    {
        "SESSION_REPLACED",
        "PROTOCOL_VERSION_UNSUPPORTED",
        "MISSING_AUTHORIZATION",
        "INVALID_API_KEY",
        "INVALID_AGENT_TOKEN",
        "AGENT_TOKEN_EXPIRED",
        "AGENT_TOKEN_REVOKED",
        "AGENT_TOKEN_REQUIRED",
        "AGENT_TOKEN_BOUND",
    }
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Identity:
    """What an agent says of itself."""

    agent_id: str
    hostname: str
    labels: dict[str, str]
    worker_count: int
    host: dict[str, str]
    calibration: Callable[[], agent_pb2.Calibration | None]  # read anew for every session
    kernel_timestamps: bool
    # Of this process, whatever its agent_id: another one may have that too.
    instance_id: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass(frozen=True, slots=True)
class _Sent:
    """What was so when a heartbeat was sent.

    Attributes:
        at_ns: When, on the clock of fences.
        ended: The leases whose end had been sent before it.
    """

    at_ns: int
    ended: set[str]


class Outgoing:
    """Messages for the controller, in order. Bounded: what matters is repeated by the next registration."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[agent_pb2.SessionRequest | None] = asyncio.Queue(maxsize=10_000)

    def put(self, message: agent_pb2.SessionRequest) -> None:
        """Add a message."""
        if not self._queue.full():
            self._queue.put_nowait(message)

    def end(self) -> None:
        """Let the reader end; gRPC leaves it waiting when the other side ends the call."""
        while self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[agent_pb2.SessionRequest]:
        while (message := await self._queue.get()) is not None:
            yield message


class Session:
    """Keeps one session open, whatever happens to the controller.

    Args:
        channel: Channel to the controller.
        identity: Who we are.
        clock: This agent's clock.
        offset: Takes the heartbeat replies.
        steps: Looks at the wall clock at every heartbeat.
        probe: Looks at a target.
        scrape: Reads what a target says of itself.
        waiting: Tells how much the uplink keeps.
        contact: Takes down when the controller answers.
        on_silent: Called when the controller is silent though the connection stands; the next session needs
            another one, for gRPC holds on to a half-open one for longer than a lease lasts.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        identity: Identity,
        *,
        clock: AnchoredClock,
        offset: OffsetEstimator,
        steps: StepDetector,
        probe: Callable[[agent_pb2.Probe], asyncio.Task[agent_pb2.ProbeResult]],
        scrape: Callable[[agent_pb2.Scrape], asyncio.Task[agent_pb2.ScrapeResult]],
        waiting: Callable[[], Waiting],
        contact: Contact,
        on_silent: Callable[[], None],
    ) -> None:
        self._stub = agent_pb2_grpc.AgentServiceStub(channel)
        self._identity = identity
        self._clock = clock
        self._offset = offset
        self._probe = probe
        self._scrape = scrape
        self._waiting = waiting
        self._outgoing: Outgoing | None = None
        self._sent: dict[int, _Sent] = {}
        self._steps = steps
        self._answered = asyncio.Event()
        self._on_silent = on_silent
        self._contact = contact

    @property
    def is_open(self) -> bool:
        """Whether the controller has taken this agent, and nothing has been heard since of its being away."""
        return self._outgoing is not None

    def report(self, update: agent_pb2.LeaseUpdate) -> None:
        """Send a lease update; without a session the next registration tells the state."""
        if self._outgoing is not None:
            self._outgoing.put(agent_pb2.SessionRequest(lease_update=update))

    async def run(self, leases: Leases) -> None:
        """Hold a session until cancelled.

        Raises:
            LoadcellError: the controller does not want this agent: SESSION_REPLACED, ...
        """
        backoff = Backoff()
        while True:
            try:
                await self._converse(leases, backoff)
                log.warning("session_ended", agent_id=self._identity.agent_id)
            except grpc.aio.AioRpcError as error:
                reason = from_rpc_error(error)
                if reason.reason in _FATAL:
                    raise reason from error
                detail = await explain_outage(error.details() or reason.message)
                log.warning("session_lost", code=error.code().name, detail=detail)
            except TimeoutError:
                log.warning("session_silent", agent_id=self._identity.agent_id)
                self._on_silent()
            await asyncio.sleep(backoff.next())

    async def _converse(self, leases: Leases, backoff: Backoff) -> None:
        outgoing = Outgoing()
        register = self._register(leases)
        outgoing.put(agent_pb2.SessionRequest(register=register))
        call = self._stub.Session(aiter(outgoing))
        parts: set[asyncio.Task[None]] = set()
        try:
            responses = aiter(call)
            first = await anext(responses, None)
            if first is None:
                return
            if first.WhichOneof("message") != "registered":
                raise LoadcellError("INVALID_REQUEST", "the controller did not begin with a registration")
            backoff.reset()
            self._contact.begin(_interval_seconds(first.registered))
            log.info("agent_registered", controller_id=first.registered.controller_id)
            self._outgoing = outgoing
            # What changed while the registration was under way is told now.
            for update in leases.updates():
                if update not in register.leases:
                    self.report(update)
            loop = asyncio.get_running_loop()
            parts = {
                loop.create_task(self._listen(responses, leases)),
                loop.create_task(self._heartbeats(outgoing, leases, first.registered)),
            }
            # Neither is of use without the other, whatever ends it.
            ended, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            for part in ended:
                part.result()
        finally:
            self._outgoing = None
            self._sent.clear()
            outgoing.end()
            call.cancel()
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)

    async def _listen(self, responses: AsyncIterator[agent_pb2.SessionResponse], leases: Leases) -> None:
        async for response in responses:
            self._receive(response, leases)

    def _register(self, leases: Leases) -> agent_pb2.Register:
        identity = self._identity
        return agent_pb2.Register(
            agent_id=identity.agent_id,
            protocol_version=PROTOCOL_VERSION,
            software_version=__version__,
            hostname=identity.hostname,
            labels=identity.labels,
            worker_count=identity.worker_count,
            host=identity.host,
            leases=leases.updates(),
            calibration=identity.calibration(),
            kernel_timestamps=identity.kernel_timestamps,
            instance_id=identity.instance_id,
            scrapes=True,
        )

    async def _heartbeats(self, outgoing: Outgoing, leases: Leases, registered: agent_pb2.Registered) -> None:
        """Send heartbeats for ever.

        Raises:
            TimeoutError: None has been answered for some time.
        """
        interval = _interval_seconds(registered)
        sequence, unanswered = 0, 0
        while True:
            sequence += 1
            self._sent[sequence] = _Sent(fence_clock_ns(), leases.ended_ids())
            outgoing.put(agent_pb2.SessionRequest(heartbeat=self._heartbeat(sequence, leases)))
            if sequence <= _QUICK_HEARTBEATS:
                await asyncio.sleep(_QUICK_SECONDS)
                continue
            await asyncio.sleep(interval)
            unanswered = 0 if self._answered.is_set() else unanswered + 1
            self._answered.clear()
            if unanswered >= _SILENT_INTERVALS:
                raise TimeoutError

    def _heartbeat(self, sequence: int, leases: Leases) -> agent_pb2.Heartbeat:
        stepped_ns = self._steps.look()
        if stepped_ns:
            log.warning("clock_stepped", seconds=stepped_ns / 1e9, steps=self._steps.steps)
        best = self._offset.best(self._clock.micros())
        waiting = self._waiting()
        return agent_pb2.Heartbeat(
            sequence=sequence,
            agent_send_micros=self._clock.micros(),
            clock_offset_micros=best.micros if best is not None else 0,
            clock_uncertainty_micros=best.uncertainty_micros if best is not None else 0,
            leases=leases.progress(),
            uplink_memory_bytes=waiting.memory_bytes,
            uplink_spool_bytes=waiting.spool_bytes,
            clock_steps=self._steps.steps,
        )

    def _receive(self, response: agent_pb2.SessionResponse, leases: Leases) -> None:
        kind = response.WhichOneof("message")
        if kind == "heartbeat_reply":
            self._on_reply(response.heartbeat_reply, leases)
        elif kind == "lease_grant":
            leases.grant(response.lease_grant)
        elif kind == "lease_start":
            leases.start(response.lease_start)
        elif kind == "lease_cancel":
            leases.cancel(response.lease_cancel.lease_id, response.lease_cancel.reason)
        elif kind == "probe":
            self._probe(response.probe).add_done_callback(self._on_probed)
        elif kind == "scrape":
            self._scrape(response.scrape).add_done_callback(self._on_scraped)
        elif kind == "drain":
            # The controller keeps leases back by itself; running ones finish.
            log.info("agent_draining" if response.drain.enabled else "agent_resumed")

    def _on_reply(self, reply: agent_pb2.HeartbeatReply, leases: Leases) -> None:
        self._answered.set()
        self._contact.note()
        self._offset.add(
            sent=reply.agent_send_micros,
            controller_received=reply.controller_receive_micros,
            controller_sent=reply.controller_send_micros,
            received=self._clock.micros(),
        )
        # The stream keeps its order: the ends sent before this heartbeat have been read as well, and are stored
        # unless the reply says that they are not.
        sent = self._sent.pop(reply.sequence, None)
        if sent is None:
            return  # no heartbeat of this session
        leases.answered(sent.at_ns, driven_elsewhere=frozenset(reply.driven_elsewhere))
        if not reply.updates_pending:
            leases.heard(sent.ended)

    def _on_probed(self, done: asyncio.Task[agent_pb2.ProbeResult]) -> None:
        if not done.cancelled() and self._outgoing is not None:
            self._outgoing.put(agent_pb2.SessionRequest(probe_result=done.result()))

    def _on_scraped(self, done: asyncio.Task[agent_pb2.ScrapeResult]) -> None:
        if not done.cancelled() and self._outgoing is not None:
            self._outgoing.put(agent_pb2.SessionRequest(scrape_result=done.result()))


def _interval_seconds(registered: agent_pb2.Registered) -> float:
    return max(registered.heartbeat_interval_micros / 1e6, 0.05)
