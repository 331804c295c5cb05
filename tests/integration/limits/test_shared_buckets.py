"""Controllers that count in one Redis let in no more together than one would; without Redis each counts alone."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from controller.limits.bucket import Rate, Verdict
from controller.limits.limiter import Limiter
from controller.limits.rates import parse_rates
from controller.limits.remote import RemoteBuckets
from controller.redis_link import REST_SECONDS, RedisLink


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def two(redis_server):
    """Two controllers' buckets in one Redis, emptied before."""
    with redis_server.client() as client:
        client.flushall()
    links = [RedisLink(redis_server.url) for _ in range(2)]
    yield [RemoteBuckets(link, "test:") for link in links]
    for link in links:
        await link.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    burst=st.integers(1, 40),
    own_burst=st.integers(1, 40),
    per_minute=st.integers(1, 60_000),
    order=st.lists(st.tuples(st.integers(0, 1), st.booleans()), min_size=1, max_size=80),
)
@example(burst=2, own_burst=40, per_minute=1, order=[(0, True), (1, True)] * 5)
@example(burst=40, own_burst=2, per_minute=1, order=[(0, True), (1, True)] * 5)
def test_no_order_of_calls_gets_more_than_the_burst_and_the_rate(
    redis_server, burst, own_burst, per_minute, order
):
    tier, own = Rate(per_minute, burst), Rate(per_minute / 2, own_burst)

    async def take_all() -> tuple[int, int, float]:
        async with two(redis_server) as buckets:
            began = time.monotonic()
            calls = [
                buckets[which].take("somebody", [("all", tier)] + ([("search", own)] if costly else []))
                for which, costly in order
            ]
            found = await asyncio.gather(*calls)  # more at once than a link has connections
            lasted = time.monotonic() - began
        assume(None not in found)  # a machine so busy that Redis was taken for away
        let_in = [costly for one, (_, costly) in zip(found, order, strict=True) if one.admitted]
        return len(let_in), sum(let_in), lasted

    everything, costly, lasted = asyncio.run(take_all())
    assert everything <= burst + tier.per_second * lasted
    assert costly <= own_burst + own.per_second * lasted
    plain = sum(not costly for _, costly in order)
    assert everything >= min(burst, plain + min(own_burst, len(order) - plain))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    burst=st.integers(1, 10),
    per_minute=st.integers(600, 600_000),
    waves=st.lists(st.lists(st.integers(0, 1), min_size=1, max_size=12), min_size=2, max_size=12),
)
def test_every_stretch_of_time_has_its_burst_and_its_rate_at_most(redis_server, burst, per_minute, waves):
    """However the calls of two controllers overlap: whoever was let in was so between its call and its answer."""
    rate = Rate(per_minute, burst)

    async def take_all() -> list[tuple[float, float, Verdict | None]]:
        async with two(redis_server) as buckets:

            async def one(which: int) -> tuple[float, float, Verdict | None]:
                began = time.monotonic()
                found = await buckets[which].take("somebody", [("all", rate)])
                return began, time.monotonic(), found

            return [call for wave in waves for call in await asyncio.gather(*map(one, wave))]

    calls = asyncio.run(take_all())
    assume(all(found is not None for *_, found in calls))  # a machine so busy that Redis was taken for away
    let_in = [(began, ended) for began, ended, found in calls if found.admitted]
    for begin, _ in let_in:
        for _, end in let_in:
            within = sum(begin <= began and ended <= end for began, ended in let_in)
            # The clock of Redis may be set, by a little at a time, while ours may not.
            assert within <= burst + 1.01 * rate.per_second * max(end - begin, 0.0)


async def test_both_or_none_and_what_is_told_is_the_same_as_here(redis_server):
    tier, own = Rate(60, 5), Rate(60, 2)
    async with two(redis_server) as (one, other):
        wanted = [("all", tier), ("search", own)]
        found = [await buckets.take("a", wanted) for buckets in (one, other, one, other)]
        assert [verdict.admitted for verdict in found] == [True, True, False, False]
        assert [verdict.remaining for verdict in found] == [1, 0, 0, 0]
        assert 0 < found[-1].retry_seconds <= 1
        left = [await other.take("a", [("all", tier)]) for _ in range(4)]
        assert [verdict.admitted for verdict in left] == [True, True, True, False]
        assert (await one.take("b", wanted)).admitted
        with redis_server.client() as client:
            names = sorted(client.keys())
            assert names == [
                b"test:rate:{%s}:%s" % (who, of) for who in (b"a", b"b") for of in (b"all", b"search")
            ]
            assert all(0 < client.pttl(name) <= 6_000 for name in names)


async def test_without_redis_each_controller_counts_by_itself_until_it_is_back(redis_server, capfd):
    clock, registry = Clock(), CollectorRegistry()
    link = RedisLink(redis_server.url, clock)
    limiter = Limiter(parse_rates("viewer=1/2"), registry, RemoteBuckets(link, "test:"))

    async def admitted() -> list[bool]:
        return [(await limiter.take("viewer:a", "viewer", "")).admitted for _ in range(3)]

    def degraded() -> float | None:
        return registry.get_sample_value("rate_limit_degraded")

    assert await admitted() == [True, True, False]
    assert degraded() == 0
    redis_server.stop()
    assert await admitted() == [True, True, False]
    assert await admitted() == [False, False, False]
    assert degraded() == 1
    assert capfd.readouterr().out.count("redis_away") == 1
    redis_server.start()  # empty: what was counted is lost with it
    assert await admitted() == [False, False, False]  # it rests before it asks again
    clock.now += REST_SECONDS
    assert await admitted() == [True, True, False]
    assert degraded() == 0
    assert registry.get_sample_value("rate_limit_exceeded_total", {"role": "viewer", "route_class": "all"}) == 9
    await link.close()
