"""A plain aiohttp closed-loop client: the yardstick that a user would write in an afternoon.

    pip install aiohttp uvloop orjson
    python baseline_aiohttp.py http://127.0.0.1:9001 CONCURRENCY TOKENS REQUESTS

Prints one JSON line: requests/s, tokens/s, CPU seconds and microseconds of CPU per token, and the time to
first token in milliseconds as this client saw it.
"""

import asyncio
import json
import resource
import statistics
import sys
import time

import aiohttp
import orjson
import uvloop


async def main() -> None:
    url, concurrency, tokens, requests = sys.argv[1], *map(int, sys.argv[2:5])
    body = orjson.dumps(
        {
            "model": "null",
            "messages": [{"role": "user", "content": "hello " * 50}],
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": tokens,
        }
    )
    remaining, token_count, ttft = requests, 0, []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def worker() -> None:
            nonlocal remaining, token_count
            while remaining > 0:
                remaining -= 1
                start, first = time.perf_counter(), None
                async with session.post(
                    f"{url}/v1/chat/completions", data=body, headers={"content-type": "application/json"}
                ) as response:
                    async for line in response.content:
                        if not line.startswith(b"data: ") or line[6:12] == b"[DONE]":
                            continue
                        if orjson.loads(line[6:])["choices"]:
                            first = first or time.perf_counter()
                            token_count += 1
                ttft.append((first - start) * 1e3)

        before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(concurrency)))
        wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    quantiles = statistics.quantiles(ttft, n=100)
    print(
        json.dumps(
            {
                "requests_per_second": round(requests / wall, 1),
                "tokens_per_second": round(token_count / wall),
                "cpu_seconds": round(cpu, 3),
                "cpu_us_per_token": round(cpu * 1e6 / token_count, 2),
                "ttft_ms": {"p50": round(quantiles[49], 2), "p99": round(quantiles[98], 2)},
            }
        )
    )


uvloop.run(main())
