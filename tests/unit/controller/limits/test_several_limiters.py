"""Limiters that share buckets which come and go let in no more together than what is shared and each one's own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from hypothesis import example, given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from controller.limits.bucket import Rate, Verdict
from controller.limits.limiter import Limiter
from controller.limits.memory import Buckets
from controller.limits.rates import Rates, parse_rates

LIMITERS = 3
CALLS = st.lists(st.tuples(st.floats(0, 5), st.integers(0, LIMITERS - 1), st.booleans()), min_size=1, max_size=120)


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Shared:
    """Buckets of all limiters, which are out of reach at times."""

    buckets: Buckets
    away: bool = field(default=False)

    async def take(self, who: str, wanted: list[tuple[str, Rate]]) -> Verdict | None:
        return None if self.away else self.buckets.take([(f"{who}:{name}", rate) for name, rate in wanted])


def limiter(rates: Rates, clock: Clock, shared: Shared) -> Limiter:
    made = Limiter(rates, CollectorRegistry(), shared)
    made._own = Buckets(clock=clock)
    return made


def most(times: list[float], rate: Rate, buckets: int) -> bool:
    """Whether every stretch of time has no more than so many buckets admit in it."""
    return all(
        last - first + 1 <= buckets * (rate.burst + rate.per_second * (times[last] - times[first])) + 1e-6
        for first in range(len(times))
        for last in range(first, len(times))
    )


@given(st.integers(1, 3_000), st.integers(1, 20), CALLS)
@example(1, 2, [(0.0, which % LIMITERS, which >= 9) for which in range(60)])
def test_in_every_stretch_of_time_each_bucket_admits_its_burst_and_its_rate_at_most(per_minute, burst, calls):
    rates = parse_rates(f"viewer={per_minute}/{burst}")
    (_, rate), *_ = rates.of("viewer", "")
    clock = Clock()
    shared = Shared(Buckets(clock=clock))
    limiters = [limiter(rates, clock, shared) for _ in range(LIMITERS)]
    let_in: dict[bool, list[float]] = {True: [], False: []}

    async def ask() -> None:
        for pause, which, shared.away in calls:
            clock.now += pause
            if (await limiters[which].take("viewer:a", "viewer", "")).admitted:
                let_in[shared.away].append(clock.now)

    asyncio.run(ask())
    assert most(let_in[False], rate, 1)  # as long as the shared ones are there, as if there were one limiter
    assert most(let_in[True], rate, LIMITERS)
    assert most(sorted(let_in[True] + let_in[False]), rate, LIMITERS + 1)
