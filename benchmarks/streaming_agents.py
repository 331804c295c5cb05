"""Agents that make up their samples and deliver them as fast as they are acknowledged, in one process.

    python -m benchmarks.streaming_agents ADDRESS AGENTS BATCH_ROWS

They carry out one run (the first level they are given) by the real contract: probe, lease, start, batches of
BATCH_ROWS rows with a timeline of 50 events each, completion. Prints "ready" when all are registered, and what
they saw as one JSON line after a line on standard input. Batches are encoded before the start.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import grpc
import numpy as np
import uvloop

from agent.samples import timeline
from benchmarks.connection import connect
from loadcell.clock import wall_micros
from loadcell.protocol import PROTOCOL_VERSION
from loadcell.sketches import to_message
from loadcell.stats.sketch import bucket_counts
from loadcell.v1 import agent_pb2, agent_pb2_grpc, result_pb2, sample_pb2

EVENTS = 50
TEMPLATES = 8
_State = agent_pb2.LeaseState


@dataclass
class Seen:
    """What all agents saw."""

    first_sent: float = float("inf")
    acknowledged: list[tuple[float, float]] = field(default_factory=list)  # when, and seconds since it was sent
    refused: int = 0


def template(rows: int, seed: int) -> bytes:
    """Return everything of a batch that need not differ between batches, as a serialized SampleColumns."""
    random = np.random.default_rng(seed)
    gaps = random.lognormal(np.log(20_000), 0.3, (rows, EVENTS)).astype(np.int64)
    gaps[:, 0] = ttft = random.lognormal(np.log(100_000), 0.5, rows).astype(np.int64)
    e2e = gaps.sum(axis=1)
    itl = gaps[:, 1:].ravel().astype(np.float64)
    ones, events = np.ones(rows * EVENTS, np.int64), np.full(rows, EVENTS, np.int64)
    return sample_pb2.SampleColumns(
        row_count=rows,
        ttft_micros=ttft.tolist(),
        ttfot_micros=ttft.tolist(),
        e2e_micros=e2e.tolist(),
        tpot_micros=((e2e - ttft) / (EVENTS - 1)).tolist(),
        prompt_tokens=random.integers(90, 110, rows).tolist(),
        completion_tokens=events.tolist(),
        first_event_tokens=[1] * rows,
        event_count=events.tolist(),
        token_source=[sample_pb2.TOKEN_SOURCE_SERVER] * rows,
        status=[sample_pb2.SAMPLE_STATUS_OK] * rows,
        http_status=[200] * rows,
        client_delay_micros=random.integers(20, 400, rows).tolist(),
        reused=[1] * rows,
        read_count=events.tolist(),
        requested_tokens=events.tolist(),
        finish_reason=[0] * rows,
        finish_reasons=["length"],
        timelines=timeline.encode(gaps.ravel(), ones, events),
        sketches=[to_message(metric, bucket_counts(itl)) for metric in ("itl", "icl")],
    ).SerializeToString()


class StreamingAgent:
    """One agent; `done` is set when its lease has been delivered and reported."""

    def __init__(self, address: str, number: int, batch_rows: int, templates: list[bytes], seen: Seen) -> None:
        self._name = f"streaming-{number:02}"
        self._batch_rows = batch_rows
        self._templates = templates
        self._seen = seen
        self._channel = connect(address)
        self._stub = agent_pb2_grpc.AgentServiceStub(self._channel)
        self._said: asyncio.Queue[agent_pb2.SessionRequest] = asyncio.Queue()
        self._grant = agent_pb2.LeaseGrant()
        self._batches: list[bytes] = []
        self.registered = asyncio.Event()
        self.done = asyncio.Event()

    async def run(self) -> None:
        """Hold the session and do what the controller says, until cancelled."""
        beating = asyncio.create_task(self._beat())
        delivering: asyncio.Task[None] | None = None
        try:
            async for response in self._stub.Session(self._speak()):
                kind = response.WhichOneof("message")
                if kind == "registered":
                    self.registered.set()
                elif kind == "probe":
                    found = agent_pb2.ProbeResult(
                        probe_id=response.probe.probe_id, model="simulated", words_per_token=1.0
                    )
                    self._said.put_nowait(agent_pb2.SessionRequest(probe_result=found))
                elif kind == "lease_grant":
                    self._grant = response.lease_grant
                    self._report(_State.LEASE_STATE_PREPARING)
                    self._batches = self._encode()
                    self._report(_State.LEASE_STATE_READY)
                elif kind == "lease_start":
                    delivering = asyncio.create_task(self._deliver(response.lease_start.start_micros))
                elif kind == "lease_cancel":
                    sys.exit(f"{self._name}: the lease was cancelled: {response.lease_cancel.reason}")
            sys.exit(f"{self._name}: the session ended")
        except grpc.aio.AioRpcError as error:
            sys.exit(f"{self._name}: {error.code().name} {error.details()}")
        finally:
            beating.cancel()
            if delivering is not None:
                delivering.cancel()
            await self._channel.close()

    async def _speak(self) -> AsyncIterator[agent_pb2.SessionRequest]:
        register = agent_pb2.Register(
            agent_id=self._name, protocol_version=PROTOCOL_VERSION, hostname=self._name, worker_count=1
        )
        yield agent_pb2.SessionRequest(register=register)
        while True:
            yield await self._said.get()

    async def _beat(self) -> None:
        await self.registered.wait()
        sequence = 0
        while True:
            sequence += 1
            beat = agent_pb2.Heartbeat(
                sequence=sequence,
                agent_send_micros=wall_micros(),
                clock_uncertainty_micros=200.0,
                leases=[agent_pb2.LeaseProgress(lease_id=self._grant.lease_id)] if self._grant.lease_id else [],
            )
            self._said.put_nowait(agent_pb2.SessionRequest(heartbeat=beat))
            await asyncio.sleep(2.0)

    def _report(self, state: agent_pb2.LeaseState, last_batch: int = 0, start_micros: int = 0) -> None:
        update = agent_pb2.LeaseUpdate(
            lease_id=self._grant.lease_id,
            state=state,
            last_batch_number=last_batch,
            start_micros=start_micros,
            health=result_pb2.WorkerHealth(cpu_share=0.1),
            timestamp_source="kernel",
            worker_count=1,
        )
        self._said.put_nowait(agent_pb2.SessionRequest(lease_update=update))

    async def _deliver(self, start_micros: int) -> None:
        await self._send(start_micros)
        self._complete()
        self.done.set()

    async def _send(self, start_micros: int) -> None:
        await asyncio.sleep((start_micros - wall_micros()) / 1e6)
        self._report(_State.LEASE_STATE_RUNNING, start_micros=start_micros)
        stream = self._stub.StreamSamples()
        for number, columns in enumerate(self._batches, 1):
            sent = time.perf_counter()
            self._seen.first_sent = min(self._seen.first_sent, sent)
            await stream.write(
                agent_pb2.StreamSamplesRequest(
                    agent_id=self._name,
                    lease_id=self._grant.lease_id,
                    batch_number=number,
                    columns=columns,
                    crc32=zlib.crc32(columns),
                )
            )
            ack = await stream.read()
            if ack.refused_reason or ack.committed_batch_number != number:
                sys.exit(f"{self._name}: batch {number} was not taken: {ack}")
            now = time.perf_counter()
            self._seen.acknowledged.append((now, now - sent))
        await stream.done_writing()

    def _complete(self) -> None:
        self._report(_State.LEASE_STATE_COMPLETED, last_batch=len(self._batches))

    def _encode(self) -> list[bytes]:
        grant, made = self._grant, []
        ordinals = range(grant.share_index, grant.level.request_count, grant.share_count)
        for number, first in enumerate(range(0, len(ordinals), self._batch_rows)):
            part = ordinals[first : first + self._batch_rows]
            offsets = [20 * ordinal for ordinal in part]
            made.append(
                # Messages are merged by joining their bytes.
                sample_pb2.SampleColumns(
                    ordinal=part, scheduled_offset_micros=offsets, start_offset_micros=offsets
                ).SerializeToString()
                + self._templates[number % TEMPLATES]
            )
        return made


async def deliver(address: str, count: int, batch_rows: int) -> dict[str, float]:
    """Carry out the run and return the rate and how long acknowledgements took, seen from here."""
    seen = Seen()
    templates = [template(batch_rows, seed) for seed in range(TEMPLATES)]
    agents = [StreamingAgent(address, number, batch_rows, templates, seen) for number in range(count)]
    tasks = [asyncio.create_task(agent.run()) for agent in agents]
    await asyncio.gather(*(agent.registered.wait() for agent in agents))
    print("ready", flush=True)
    await asyncio.gather(*(agent.done.wait() for agent in agents))
    await asyncio.to_thread(sys.stdin.readline)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    times, waits = np.array(sorted(seen.acknowledged)).T
    late = times[3 * len(times) // 4 :]  # what a table that has grown still takes
    return {
        "rows_per_second": len(times) * batch_rows / (times[-1] - seen.first_sent),
        "late_rows_per_second": (len(late) - 1) * batch_rows / (late[-1] - late[0]),
        "acknowledged_p50_ms": float(np.quantile(waits, 0.5)) * 1e3,
        "acknowledged_p99_ms": float(np.quantile(waits, 0.99)) * 1e3,
    }


if __name__ == "__main__":
    print(json.dumps(uvloop.run(deliver(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))), flush=True)
