"""What an engine and a worker tell of themselves is about the measured phase alone."""

from __future__ import annotations

import asyncio
import sys

import pytest
from scripted_server import DONE, WHOLE, Bench, answering, delta, stream

from agent.worker.vitals import Vitals


async def test_M19_the_warm_up_leaves_nothing_in_the_figures(bench: Bench) -> None:
    server = await bench.serve(answering(stream(delta(content="a"), delta(content="b"), DONE)))
    client = bench.engine(f"http://127.0.0.1:{server.port}")
    await client.ask()
    client.engine._workshop.stale_retries = 1
    client.engine._pool._retransmits_closed = 5
    client.engine._clock.steps = 2
    before = client.engine.health()
    assert (before.retransmits, before.clock_steps) == (5, 2)
    client.engine.begin()
    after = client.engine.health()
    assert (after.reads, after.read_delay.count, after.coalesced_reads) == (0, 0, 0)
    assert (after.retransmits, after.clock_steps, after.stale_retries) == (0, 0, 0)
    assert after.timestamp_source == before.timestamp_source
    sample = await client.ask()
    assert client.engine.health().reads == client.engine.health().read_delay.count == sample.read_count


@pytest.mark.skipif(sys.platform != "linux", reason="without kernel stamps every delay is zero")
async def test_no_percentile_of_too_few_reads(bench: Bench) -> None:
    server = await bench.serve(answering(WHOLE))
    client = bench.engine(f"http://127.0.0.1:{server.port}")
    while client.engine.health().reads < 100:
        await client.ask()
    vitals = Vitals(asyncio.get_running_loop(), client.engine)
    vitals.start()
    await client.ask()
    few = vitals.health(0)
    assert 0 < few.reads < 100
    assert few.client_delay_p99_ms == 0
    while client.engine.health().reads < 100:
        await client.ask()
    assert vitals.health(0).client_delay_p99_ms > 0
    vitals.stop()
