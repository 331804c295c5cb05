"""What clients that people write, and ours, say of one server: a first token after 100 ms, 400 streams at once."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.figures import Figure
from benchmarks.nullserver import CannotMeasureError, null_server
from benchmarks.sizes import Sizes
from benchmarks.system import level, whole_system

CONCURRENCY, TOKENS = 400, 100
TTFT_MICROS, ITL_MICROS = 100_000, 20_000
OTHERS = {"aiohttp": "baseline_aiohttp.py", "OpenAI SDK": "baseline_openai.py"}


class Said(NamedTuple):
    """What a client says of the time to first token, beside what the server knows, in milliseconds."""

    p50: float
    p99: float
    true_p50: float
    tokens_per_second: float

    @property
    def too_much(self) -> float:
        """By how many percent its median is above the true one."""
        return (self.p50 / self.true_p50 - 1) * 100


async def measure(sizes: Sizes) -> list[Figure]:
    """The medians of rounds, in turns; only ours has a bound."""
    rounds: dict[str, list[Said]] = {"loadcell": [], **{name: [] for name in OTHERS}}
    for _ in range(sizes.rounds):
        rounds["loadcell"].append(await _ours(sizes.accuracy_requests))
        for name, script in OTHERS.items():
            rounds[name].append(await _theirs(script, sizes.accuracy_requests))
    told = {name: _median(all_) for name, all_ in rounds.items()}
    beside = "; ".join(
        f"{name}: p50 {said.p50:.1f}, p99 {said.p99:.1f} ms of true {said.true_p50:.1f}, "
        f"{said.tokens_per_second:,.0f} tokens/s"
        for name, said in told.items()
    )
    return [Figure("peers: TTFT p50 above the truth", told["loadcell"].too_much, "%", "<=", 1, note=beside)]


async def _ours(requests: int) -> Said:
    async with whole_system() as system, _server() as server:
        result = await system.run(
            server_url=server.url, concurrency=[CONCURRENCY], num_prompts=requests, output_len=TOKENS, warmup=0
        )
    measured = level(result)
    rate = measured.total_output_tokens / measured.duration_seconds
    return Said(measured.ttft.p50, measured.ttft.p99, server.truth["ttft_ms"]["p50"], rate)


async def _theirs(script: str, requests: int) -> Said:
    async with _server() as server:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            Path(__file__).parents[1] / script,
            server.url,
            *map(str, (CONCURRENCY, TOKENS, requests)),
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate()
        if process.returncode:
            raise CannotMeasureError(f"{script} ended with {process.returncode}")
    said: dict[str, Any] = json.loads(output)
    ttft = said["ttft_ms"]
    return Said(ttft["p50"], ttft["p99"], server.truth["ttft_ms"]["p50"], said["tokens_per_second"])


def _server() -> Any:
    # A fresh one each time: its truth is about everything it ever served.
    return null_server(ttft_us=TTFT_MICROS, itl_us=ITL_MICROS, tokens=TOKENS)


def _median(rounds: list[Said]) -> Said:
    return Said(*(statistics.median(values) for values in zip(*rounds, strict=True)))
