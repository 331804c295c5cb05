"""What 400 paced streams measure beside what the server knows it did, and the CPU a token costs the worker."""

from __future__ import annotations

import statistics

from benchmarks.figures import Figure
from benchmarks.nullserver import null_server
from benchmarks.sizes import Sizes
from benchmarks.system import level, whole_system

CONCURRENCY, TOKENS = 400, 100


async def measure(sizes: Sizes) -> list[Figure]:
    """Deviations from the server's own truth in percent (median round), and microseconds of CPU per token."""
    rounds = [await _round(sizes.accuracy_requests) for _ in range(sizes.rounds)]
    ttft_p50, ttft_p99, e2e_p50, cpu = (statistics.median(values) for values in zip(*rounds, strict=True))
    return [
        Figure("accuracy: TTFT p50 off the server's truth", ttft_p50, "%", "<=", 1),
        Figure("accuracy: TTFT p99 off the server's truth", ttft_p99, "%", "<=", 5),
        Figure("accuracy: e2e p50 off the server's truth", e2e_p50, "%", "<=", 0.5),
        Figure("accuracy: worker CPU per token", cpu, "us", "<=", 15, 10),
    ]


async def _round(requests: int) -> tuple[float, float, float, float]:
    # A fresh server each time: its truth is about everything it ever served.
    async with whole_system() as system, null_server(ttft_us=100_000, itl_us=20_000, tokens=TOKENS) as server:
        before = system.worker_cpu_seconds()
        result = await system.run(
            server_url=server.url,
            concurrency=[CONCURRENCY],
            num_prompts=requests,
            output_len=TOKENS,
            warmup=0,
        )
        # Everything the worker did for the run counts: prompts, connections and batches too.
        spent = system.worker_cpu_seconds() - before
    measured, truth = level(result), server.truth
    return (
        _off(measured.ttft.p50, truth["ttft_ms"]["p50"]),
        _off(measured.ttft.p99, truth["ttft_ms"]["p99"]),
        _off(measured.e2e_latency.p50, truth["e2e_ms"]["p50"]),
        spent * 1e6 / measured.total_output_tokens,
    )


def _off(measured: float, truth: float) -> float:
    return abs(measured - truth) / truth * 100
