"""What an agent tells of itself in trouble; how everything else moves is told where the whole system runs."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from prometheus_client import CollectorRegistry

from agent.assets import Assets
from agent.clock import OffsetEstimator
from agent.contact import Contact, contact_file
from agent.leases import Leases
from agent.metrics.names import AGENT_METRICS
from agent.metrics.serving import open_metrics_port
from agent.metrics.vitals import AgentVitals
from agent.pool import WorkerPool
from agent.session import Identity, Session
from agent.spool.spool import Spool
from agent.uplink import Uplink
from loadcell.clock import AnchoredClock, StepDetector
from loadcell.metric_sheet import show
from loadcell.settings import Address, SettingsError
from loadcell.target_guard.guard import TargetGuard
from loadcell.v1 import agent_pb2


@pytest.fixture
async def vitals(tmp_path: Path) -> AsyncIterator[AgentVitals]:
    """An agent without workers that nobody has taken, with a spool of a byte and a memory of one."""
    async with grpc.aio.insecure_channel("127.0.0.1:9") as channel:
        pool = WorkerPool([], on_message=lambda *_: None, on_death=lambda *_: None)
        uplink = Uplink(
            channel,
            agent_id="a",
            memory_bytes=1,
            spool=Spool(tmp_path / "spool", 1),
            pause_workers=pool.pause,
            on_refused=lambda *_: None,
            on_acknowledged=lambda _: None,
        )
        clock, offset, steps = AnchoredClock(), OffsetEstimator(), StepDetector()
        session = Session(
            channel,
            Identity("a", "host", {}, 0, {}, lambda: None, False),
            clock=clock,
            offset=offset,
            steps=steps,
            probe=lambda _: None,
            scrape=lambda _: None,
            waiting=uplink.waiting,
            contact=Contact(contact_file(tmp_path, "a")),
            on_silent=lambda: None,
        )
        leases = Leases(
            pool,
            uplink,
            Assets(channel, tmp_path),
            guard=TargetGuard(),
            clock=clock,
            offset=offset,
            report=session.report,
        )
        yield AgentVitals(session, uplink, pool, leases, clock, offset, steps, spool_limit_bytes=1)
        uplink.close()


async def test_what_cannot_be_kept_is_told(vitals: AgentVitals) -> None:
    registry = CollectorRegistry()
    show(registry, AGENT_METRICS, vitals.fill)

    def told(name: str) -> float | None:
        return registry.get_sample_value(f"loadcell_agent_{name}")

    assert vitals.health() == (False, False, {"controller": "unhealthy", "workers": "healthy", "spool": "healthy"})
    for _ in range(2):
        vitals.uplink.send("lease", b"samples")
    assert vitals.health().facts["spool"] == "unhealthy"
    assert (told("unacknowledged_batches"), told("uplink_memory_bytes"), told("spool_bytes")) == (2, 14, 0)
    assert (told("held_back_seconds_total") or 0) > 0
    vitals.uplink._receive(agent_pb2.StreamSamplesResponse(lease_id="lease", committed_batch_number=1))
    vitals.uplink._receive(
        agent_pb2.StreamSamplesResponse(
            lease_id="lease", committed_batch_number=0, refused_batch_number=2, refused_reason="BATCH_GAP"
        )
    )
    assert told("lost_batches_total") == 1
    vitals.steps.steps += 1
    assert told("clock_steps_total") == 1
    assert told("clock_offset_seconds") is None  # nobody has said what time it is


async def test_a_port_that_is_taken_is_named(vitals: AgentVitals, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = Address("127.0.0.1", taken.getsockname()[1])
        with pytest.raises(SettingsError, match=f"LOADCELL_AGENT_METRICS={address}: "):
            open_metrics_port(address, vitals, tmp_path, None)


def test_an_agent_without_the_setting_imports_nothing_of_metrics() -> None:
    code = "import sys, agent.main; print('prometheus_client' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
