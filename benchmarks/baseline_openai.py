"""A closed loop over the OpenAI SDK: what most scripts that measure an LLM server are.

    python -m benchmarks.baseline_openai http://127.0.0.1:9001 CONCURRENCY TOKENS REQUESTS

Prints one JSON line as baseline_aiohttp.py does.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import sys
import time

from openai import AsyncOpenAI


async def main() -> None:
    url, concurrency, tokens, requests = sys.argv[1], *map(int, sys.argv[2:5])
    remaining, token_count, ttft = requests, 0, []
    async with AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:

        async def worker() -> None:
            nonlocal remaining, token_count
            while remaining > 0:
                remaining -= 1
                start, first = time.perf_counter(), 0.0
                stream = await client.chat.completions.create(
                    model="null",
                    messages=[{"role": "user", "content": "hello " * 50}],
                    stream=True,
                    stream_options={"include_usage": True},
                    max_tokens=tokens,
                )
                async for chunk in stream:
                    if chunk.choices:
                        first = first or time.perf_counter()
                        token_count += 1
                ttft.append((first - start) * 1e3)

        before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(concurrency)))
        wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    quantiles = statistics.quantiles(ttft, n=100)
    said = {
        "requests_per_second": round(requests / wall, 1),
        "tokens_per_second": round(token_count / wall),
        "cpu_us_per_token": round(cpu * 1e6 / token_count, 2),
        "ttft_ms": {"p50": round(quantiles[49], 2), "p99": round(quantiles[98], 2)},
    }
    print(json.dumps(said))


asyncio.run(main())
