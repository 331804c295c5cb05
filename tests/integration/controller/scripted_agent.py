"""An agent that speaks the real protocol and makes up its samples; what it does is set by its attributes."""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc

from loadcell.channel import dial
from loadcell.clock import wall_micros
from loadcell.pacing import schedule
from loadcell.pacing.shares import worker_share
from loadcell.settings import Secret
from loadcell.tls import ClientTls
from loadcell.v1 import agent_pb2, agent_pb2_grpc, result_pb2, sample_pb2, target_pb2
from tests.patience import PATIENCE_SECONDS

State = agent_pb2.LeaseState


def columns(
    ordinals: list[int], *, ttft: int = 1_000, fail: int = 0, timeline: bool = False
) -> sample_pb2.SampleColumns:
    """Samples that need `ttft` microseconds to the first token; the first `fail` of them are errors."""
    n = len(ordinals)
    return sample_pb2.SampleColumns(
        row_count=n,
        ordinal=ordinals,
        scheduled_offset_micros=[1_000 * o for o in ordinals],
        start_offset_micros=[1_000 * o + 10 for o in ordinals],
        ttft_micros=[-1] * fail + [ttft] * (n - fail),
        ttfot_micros=[-1] * fail + [ttft] * (n - fail),
        e2e_micros=[500] * fail + [2 * ttft] * (n - fail),
        tpot_micros=[-1] * fail + [100.0] * (n - fail),
        prompt_tokens=[5] * n,
        completion_tokens=[-1] * fail + [11] * (n - fail),
        first_event_tokens=[0] * fail + [1] * (n - fail),
        event_count=[0] * fail + [11] * (n - fail),
        token_source=[sample_pb2.TOKEN_SOURCE_SERVER] * n,
        status=[sample_pb2.SAMPLE_STATUS_ERROR] * fail + [sample_pb2.SAMPLE_STATUS_OK] * (n - fail),
        error_class=[sample_pb2.ERROR_CLASS_HTTP_5XX] * fail + [0] * (n - fail),
        http_status=[503] * fail + [200] * (n - fail),
        read_count=[12] * n,
        requested_tokens=[11] * n,
        finish_reason=[-1] * fail + [0] * (n - fail),
        finish_reasons=["stop"],
        errors=[sample_pb2.SampleError(row=row, message="HTTP 503: overloaded") for row in range(fail)],
        timelines=[b"\x01\x01"] * n if timeline else [],
    )


def batch(
    agent_id: str, lease_id: str, number: int, content: sample_pb2.SampleColumns
) -> agent_pb2.StreamSamplesRequest:
    data = content.SerializeToString()
    return agent_pb2.StreamSamplesRequest(
        agent_id=agent_id, lease_id=lease_id, batch_number=number, columns=data, crc32=zlib.crc32(data)
    )


def share(grant: agent_pb2.LeaseGrant, *, worker: int = 0, workers: int = 1) -> list[int]:
    """The ordinals of a lease, or of one of its workers; of a closed loop bounded by time those below 100."""
    level = grant.level
    dealt = worker_share(
        concurrency=level.concurrency,
        max_concurrency=level.max_concurrency,
        share=grant.share_index,
        shares=grant.share_count,
        worker=worker,
        workers=workers,
    )
    if level.request_count or not level.rate:
        return list(dealt.ordinals(level.request_count or 100, grant.first_ordinal))
    bound = {"first": grant.first_ordinal, "count": None, "duration_ns": level.duration_micros * 1000}
    if level.arrival == target_pb2.ARRIVAL_POISSON:
        due = schedule.poisson(level.rate, dealt, seed=grant.workload.seed, level=level.index, **bound)
    else:
        due = schedule.constant(level.rate, dealt, **bound)
    return [ordinal for ordinal, _ in due]


@dataclass
class ScriptedAgent:
    address: str
    agent_id: str
    api_key: Secret | None = None
    agent_token: Secret | None = None
    tls: ClientTls | None = None
    instance_id: str = ""
    # What it does of itself.
    probe: agent_pb2.ProbeResult = field(
        default_factory=lambda: agent_pb2.ProbeResult(model="m", words_per_token=1.5)
    )
    answer_probe: bool = True
    pages: list[agent_pb2.ScrapeResult] = field(default_factory=list)  # answers to scrapes; none: it knows of none
    become_ready: bool = True
    complete: bool = True  # at the start, deliver everything and report COMPLETED
    obey_cancel: bool = True
    batch_size: int = 4
    fail_requests: int = 0
    lease_error: str = ""
    heartbeat_seconds: float = 0.1
    labels: dict[str, str] = field(default_factory=lambda: {"region": "here"})
    calibration: agent_pb2.Calibration | None = None
    clock_steps: int = 0
    clock_uncertainty_micros: float = 100.0
    held: list[agent_pb2.LeaseUpdate] = field(default_factory=list)
    next_ordinals: dict[str, int] = field(default_factory=dict)  # told in heartbeats
    # What it has seen.
    grants: dict[str, agent_pb2.LeaseGrant] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)
    cancels: dict[str, str] = field(default_factory=dict)
    probes: list[agent_pb2.Probe] = field(default_factory=list)
    scrapes_asked: list[agent_pb2.Scrape] = field(default_factory=list)
    drains: list[bool] = field(default_factory=list)
    replies: list[agent_pb2.HeartbeatReply] = field(default_factory=list)
    acks: list[agent_pb2.StreamSamplesResponse] = field(default_factory=list)
    delivered: dict[str, int] = field(default_factory=dict)
    registered: agent_pb2.Registered | None = None
    ended: grpc.aio.AioRpcError | None = None

    @classmethod
    @asynccontextmanager
    async def connected(cls, address: str, agent_id: str, **behaviour: object) -> AsyncIterator[ScriptedAgent]:
        agent = cls(address, agent_id, **behaviour)
        await agent.open()
        try:
            yield agent
        finally:
            await agent.close()

    async def open(self) -> None:
        self._channel = dial(self.address, api_key=self.api_key, agent_token=self.agent_token, tls=self.tls)
        stub = agent_pb2_grpc.AgentServiceStub(self._channel)
        self.session = stub.Session()
        self.samples = stub.StreamSamples()
        self.changed = asyncio.Condition()
        await self.session.write(
            agent_pb2.SessionRequest(
                register=agent_pb2.Register(
                    agent_id=self.agent_id,
                    protocol_version=1,
                    hostname="host-" + self.agent_id,
                    worker_count=2,
                    software_version="1",
                    labels=self.labels,
                    host={"cpu_count": "2"},
                    leases=self.held,
                    calibration=self.calibration,
                    instance_id=self.instance_id,
                    scrapes=bool(self.pages),
                )
            )
        )
        first = await self.session.read()
        self.registered = first.registered
        self._tasks = [asyncio.create_task(work()) for work in (self._listen, self._beat, self._take_acks)]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.session.cancel()
        self.samples.cancel()
        await self._channel.close()

    async def until(self, reached) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS), self.changed:
            await self.changed.wait_for(reached)

    async def report(self, lease_id: str, state: int, **more: object) -> None:
        update = agent_pb2.LeaseUpdate(lease_id=lease_id, state=state, **more)
        await self.session.write(agent_pb2.SessionRequest(lease_update=update))

    async def send(self, lease_id: str, number: int, content: sample_pb2.SampleColumns) -> None:
        await self.samples.write(batch(self.agent_id, lease_id, number, content))

    async def deliver(self, lease_id: str, count: int | None = None, ordinals: list[int] | None = None) -> int:
        """Send the first `count` requests of the share, all by default, and return the last batch number."""
        grant = self.grants[lease_id]
        ordinals = share(grant)[:count] if ordinals is None else ordinals
        number = self.delivered.get(lease_id, 0)
        for first in range(0, len(ordinals), self.batch_size):
            number += 1
            part = ordinals[first : first + self.batch_size]
            fail = self.fail_requests if number == 1 else 0
            await self.send(lease_id, number, columns(part, fail=fail, timeline=grant.timeline))
        self.delivered[lease_id] = number
        return number

    async def finish(self, lease_id: str, last: int, state: int = State.LEASE_STATE_COMPLETED) -> None:
        await self.report(
            lease_id,
            state,
            last_batch_number=last,
            health=result_pb2.WorkerHealth(cpu_share=0.1, reads=100),
            timestamp_source="kernel",
            end_offset_micros=1_000_000,
            worker_count=2,
            notes=["a note"],
        )

    async def _listen(self) -> None:
        try:
            while (response := await self.session.read()) is not grpc.aio.EOF:
                await self._act(response)
                async with self.changed:
                    self.changed.notify_all()
        except grpc.aio.AioRpcError as error:
            self.ended = error
        async with self.changed:
            self.changed.notify_all()

    async def _act(self, response: agent_pb2.SessionResponse) -> None:
        kind = response.WhichOneof("message")
        if kind == "heartbeat_reply":
            self.replies.append(response.heartbeat_reply)
        elif kind == "drain":
            self.drains.append(response.drain.enabled)
        elif kind == "probe":
            self.probes.append(response.probe)
            if self.answer_probe:
                self.probe.probe_id = response.probe.probe_id
                await self.session.write(agent_pb2.SessionRequest(probe_result=self.probe))
        elif kind == "scrape":
            answer = self.pages[len(self.scrapes_asked)]
            self.scrapes_asked.append(response.scrape)
            answer.scrape_id = response.scrape.scrape_id
            await self.session.write(agent_pb2.SessionRequest(scrape_result=answer))
        elif kind == "lease_grant":
            grant = response.lease_grant
            self.grants[grant.lease_id] = grant
            if self.lease_error:
                await self.report(grant.lease_id, State.LEASE_STATE_FAILED, error=self.lease_error)
            elif self.become_ready:
                await self.report(grant.lease_id, State.LEASE_STATE_PREPARING)
                await self.report(grant.lease_id, State.LEASE_STATE_READY)
        elif kind == "lease_start":
            start = response.lease_start
            self.starts[start.lease_id] = start.start_micros
            await asyncio.sleep(max(0.0, (start.start_micros - wall_micros()) / 1e6))
            await self.report(start.lease_id, State.LEASE_STATE_RUNNING, start_micros=start.start_micros)
            if self.complete:
                await self.finish(start.lease_id, await self.deliver(start.lease_id))
        elif kind == "lease_cancel":
            lease_id = response.lease_cancel.lease_id
            self.cancels[lease_id] = response.lease_cancel.reason
            if self.obey_cancel and lease_id in self.grants:
                await self.finish(lease_id, self.delivered.get(lease_id, 0), State.LEASE_STATE_CANCELLED)

    async def _beat(self) -> None:
        sequence = 0
        with contextlib.suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
            while True:
                sequence += 1
                beat = agent_pb2.Heartbeat(
                    sequence=sequence,
                    agent_send_micros=wall_micros(),
                    clock_offset_micros=5.0,
                    clock_uncertainty_micros=self.clock_uncertainty_micros,
                    clock_steps=self.clock_steps,
                    leases=[
                        agent_pb2.LeaseProgress(
                            lease_id=lease_id, in_flight=3, next_ordinal=self.next_ordinals.get(lease_id, 0)
                        )
                        for lease_id in self.starts
                    ],
                )
                await self.session.write(agent_pb2.SessionRequest(heartbeat=beat))
                await asyncio.sleep(self.heartbeat_seconds)

    async def _take_acks(self) -> None:
        with contextlib.suppress(grpc.aio.AioRpcError):
            while (ack := await self.samples.read()) is not grpc.aio.EOF:
                self.acks.append(ack)
                async with self.changed:
                    self.changed.notify_all()
