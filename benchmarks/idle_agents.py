"""Many agents that do nothing but stay in touch, in one process.

    python -m benchmarks.idle_agents ADDRESS COUNT SECONDS

Each has a connection and a session of its own and sends heartbeats at the interval the controller asks for, as a
real agent does. Prints "ready" when all are registered, waits for a line on standard input, measures for SECONDS
and prints what it saw as one JSON line. A heartbeat is missed when its answer takes longer than the interval.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import grpc
import numpy as np
import uvloop

from benchmarks.connection import connect
from loadcell.clock import wall_micros
from loadcell.open_files import raise_open_files_limit
from loadcell.protocol import PROTOCOL_VERSION
from loadcell.v1 import agent_pb2, agent_pb2_grpc

_CONNECTING = 50  # registrations under way at a time
_HOST = {"cpu_model": "simulated", "cpu_count": "16", "memory_bytes": "68719476736", "kernel": "6.1"}


@dataclass
class Seen:
    """What all agents saw since the measurement began."""

    measuring: bool = False
    sent: int = 0
    lateness_seconds: list[float] = field(default_factory=list)
    sessions_lost: int = 0


class IdleAgent:
    """One agent; `registered` is set once the controller has taken it in."""

    def __init__(self, address: str, number: int, seen: Seen) -> None:
        self._address = address
        self._name = f"idle-{number:05}"
        self._seen = seen
        self._interval = 0.0
        self._unanswered: dict[int, float] = {}
        self.registered = asyncio.Event()

    async def run(self, connecting: asyncio.Semaphore) -> None:
        """Hold a session until cancelled; the end of a session is counted."""
        channel = connect(self._address)
        try:
            await connecting.acquire()
            async for response in agent_pb2_grpc.AgentServiceStub(channel).Session(self._speak()):
                if response.HasField("registered"):
                    self._interval = response.registered.heartbeat_interval_micros / 1e6
                    self.registered.set()
                    connecting.release()
                elif response.HasField("heartbeat_reply"):
                    self._answered(response.heartbeat_reply.sequence)
        except grpc.aio.AioRpcError as error:
            print(f"{self._name}: {error.code().name} {error.details()}", file=sys.stderr)
        finally:
            await channel.close()
        self._seen.sessions_lost += 1

    def overdue(self, now: float) -> int:
        """Count the heartbeats sent more than an interval ago without an answer."""
        return sum(now - sent > self._interval for sent in self._unanswered.values())

    async def _speak(self) -> AsyncIterator[agent_pb2.SessionRequest]:
        register = agent_pb2.Register(
            agent_id=self._name,
            protocol_version=PROTOCOL_VERSION,
            software_version="0.1.0",
            hostname=self._name,
            labels={"region": "bench"},
            worker_count=16,
            host=_HOST,
            kernel_timestamps=True,
        )
        yield agent_pb2.SessionRequest(register=register)
        await self.registered.wait()
        loop, sequence = asyncio.get_running_loop(), 0
        due = loop.time()
        while True:
            sequence += 1
            if self._seen.measuring:
                self._seen.sent += 1
                self._unanswered[sequence] = time.perf_counter()
            yield agent_pb2.SessionRequest(
                heartbeat=agent_pb2.Heartbeat(
                    sequence=sequence,
                    agent_send_micros=wall_micros(),
                    clock_offset_micros=10.0,
                    clock_uncertainty_micros=200.0,
                )
            )
            due += self._interval
            await asyncio.sleep(due - loop.time())

    def _answered(self, sequence: int) -> None:
        sent = self._unanswered.pop(sequence, None)
        if sent is not None:
            self._seen.lateness_seconds.append(time.perf_counter() - sent)


async def measure(address: str, count: int, seconds: float) -> dict[str, float]:
    """Connect, wait for the word, measure, and return what was seen."""
    seen = Seen()
    agents = [IdleAgent(address, number, seen) for number in range(count)]
    connecting = asyncio.Semaphore(_CONNECTING)
    tasks = [asyncio.create_task(agent.run(connecting)) for agent in agents]
    async with asyncio.timeout(110):
        await asyncio.gather(*(agent.registered.wait() for agent in agents))
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    seen.measuring = True
    await asyncio.sleep(seconds)
    seen.measuring = False
    overdue = sum(agent.overdue(time.perf_counter()) for agent in agents)
    lost = seen.sessions_lost
    late = np.array(seen.lateness_seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    interval = agents[0]._interval  # noqa: SLF001 - the same for all
    return {
        "sent": seen.sent,
        "missed": overdue + int((late > interval).sum()),
        "sessions_lost": lost,
        "lateness_p50_ms": float(np.quantile(late, 0.5)) * 1e3 if len(late) else 0.0,
        "lateness_p99_ms": float(np.quantile(late, 0.99)) * 1e3 if len(late) else 0.0,
        "lateness_max_ms": float(late.max(initial=0.0)) * 1e3,
    }


if __name__ == "__main__":
    raise_open_files_limit()
    print(json.dumps(uvloop.run(measure(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))), flush=True)
