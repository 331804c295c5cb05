"""What it costs to see who calls and how often, and what wrong keys cost others. `calls` has the whole chain."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Awaitable, Callable

from prometheus_client import CollectorRegistry

from benchmarks.figures import Figure
from benchmarks.processes import Service, started
from benchmarks.redis_server import redis_server
from benchmarks.sizes import Sizes
from benchmarks.system import System, whole_system
from controller.access.authenticator import Authenticator, Shown
from controller.access.jwt_keys import key_source
from controller.access.tokens import AccessTokens, TokenRules
from controller.limits.limiter import Limiter
from controller.limits.rates import kind_of, parse_rates
from controller.limits.remote import RemoteBuckets
from controller.redis_link import RedisLink
from controller.store.migrate import open_database
from loadcell.channel import dial
from loadcell.settings import Secret
from loadcell.v1 import auth_pb2, auth_pb2_grpc

BOSS, SIGNING = "the key of the benchmark", "s" * 40
CHECKS = 10_000  # of a round
GUESSES_A_SECOND, CONNECTIONS = 10_000, 10
GUESSING_SECONDS = 4.0
_SEARCH = kind_of("/loadcell.v1.TraceService/SearchTraces")
_MANY = parse_rates("developer=1000000000,search=1000000")

Check = Callable[[], Awaitable[object]]


async def measure(sizes: Sizes) -> list[Figure]:
    """One controller on SQLite; medians of the rounds."""
    settings = {"LOADCELL_API_KEY": BOSS, "LOADCELL_JWT_SECRET": SIGNING, "LOADCELL_LOG_LEVEL": "info"}
    async with whole_system(agents=0, settings=settings, api_key=BOSS) as system:
        made = await system.client.create_api_key("bench", role="admin")
        token = (await system.client.issue_token()).access_token
        return [
            *await _checks(sizes, system, made.key, token),
            *await _rates(sizes),
            await _guesses(sizes, system, made.key),
        ]


async def _checks(sizes: Sizes, system: System, key: str, token: str) -> list[Figure]:
    database = await open_database(system.folder / "bench.db")
    tokens = AccessTokens(key_source(Secret(SIGNING), None), TokenRules("loadcell", "loadcell", 30.0))
    authenticator = Authenticator(database, tokens, configured=Secret(BOSS))
    try:
        of_key = await _times(sizes, lambda: authenticator.who(Shown(key)))
        of_token = await _times(sizes, lambda: authenticator.who(Shown(token)))
    finally:
        await database.close()
    return [
        Figure("access: API key known, p50", of_key[0], "us", "<=", 100),
        Figure("access: API key known, p99", of_key[1], "us", "<=", 500),
        Figure("access: access token known, p50", of_token[0], "us", "<=", 100),
        Figure("access: access token known, p99", of_token[1], "us", "<=", 500),
    ]


async def _rates(sizes: Sizes) -> list[Figure]:
    here = Limiter(_MANY, CollectorRegistry())
    in_process = await _times(sizes, lambda: here.take("developer:key:bench", "developer", _SEARCH))
    async with redis_server() as url:
        link = RedisLink(url)
        shared = Limiter(_MANY, CollectorRegistry(), RemoteBuckets(link, "bench:"))
        in_redis = await _times(sizes, lambda: shared.take("developer:key:bench", "developer", _SEARCH))
        await link.close()
    return [
        Figure("access: rate of two buckets in the process, p50", in_process[0], "us", "<=", 20),
        Figure("access: rate of two buckets in Redis, p50", in_redis[0], "us", "<=", 500),
    ]


async def _guesses(sizes: Sizes, system: System, key: str) -> Figure:
    slower, shown, told = [], [], []
    async with dial(system.client.address, api_key=Secret(key)) as channel:
        for _ in range(sizes.rounds):
            quiet = await _latency(channel)
            load = Service(
                "benchmarks.wrong_keys",
                system.folder,
                arguments=(system.client.address, str(GUESSES_A_SECOND), str(CONNECTIONS)),
            )
            async with started(load):
                await load.line()  # ready
                load.say("go")
                beside = await _latency(channel)
                load.say("stop")
                seen = json.loads(await load.line())
            slower.append((beside / quiet - 1) * 100)
            shown.append(seen["shown"] / seen["seconds"])
            told.append(seen["answered"] / seen["seconds"])
    return Figure(
        f"access: slower beside {GUESSES_A_SECOND:,} wrong keys/s, p50",
        statistics.median(slower),
        "%",
        "<=",
        20,
        note=f"{statistics.median(shown):,.0f} keys/s on {CONNECTIONS} connections,"
        f" {statistics.median(told):,.0f} of them answered",
    )


async def _latency(channel: object) -> float:
    until, times = time.monotonic() + GUESSING_SECONDS, []
    while time.monotonic() < until:
        times.append(await _time(lambda: _call(channel)))
    return statistics.median(times)


async def _call(channel: object) -> object:
    return await auth_pb2_grpc.AuthServiceStub(channel).GetCaller(auth_pb2.GetCallerRequest())


async def _times(sizes: Sizes, check: Check) -> tuple[float, float]:
    """Return p50 and p99 in microseconds, the medians of the rounds, after some that do not count."""
    found = []
    for _ in range(sizes.rounds):
        times = sorted([await _time(check) for _ in range(CHECKS)][CHECKS // 10 :])
        found.append((times[len(times) // 2], times[len(times) * 99 // 100]))
    return statistics.median(p50 for p50, _ in found), statistics.median(p99 for _, p99 in found)


async def _time(check: Check) -> float:
    began = time.perf_counter_ns()
    await check()
    return (time.perf_counter_ns() - began) / 1e3
