"""Where and how long answers are kept, and what is computed when many ask at once."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client import CollectorRegistry

from controller.cache.cache import LARGEST, Cache
from controller.cache.keys import key_of
from controller.cache.kinds import Kind, Seconds, parse_seconds
from controller.cache.memory import Memory
from controller.cache.where import redis_url
from controller.scope import Scope
from loadcell.v1 import metrics_pb2, trace_pb2


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Computation:
    """Counts how often it was carried out, and can be held up."""

    def __init__(self) -> None:
        self.times = 0
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self) -> bytes:
        self.times += 1
        result = b"answer %d" % self.times
        await self.go.wait()
        return result


def cache_of(place: Memory, registry: CollectorRegistry | None = None, **seconds: float) -> Cache:
    return Cache(place, Seconds(**seconds), registry or CollectorRegistry())


async def test_an_answer_is_kept_for_as_long_as_its_kind_says():
    clock = Clock()
    cache, compute, registry = Memory(10_000, clock), Computation(), CollectorRegistry()
    kept = cache_of(cache, registry)
    assert await kept.answer(Kind.METRICS, "a", compute) == (b"answer 1", False)
    clock.now += 59
    assert await kept.answer(Kind.METRICS, "a", compute) == (b"answer 1", True)
    assert await kept.answer(Kind.METRICS, "b", compute) == (b"answer 2", False)
    clock.now += 1
    assert await kept.answer(Kind.METRICS, "a", compute) == (b"answer 3", False)
    assert registry.get_sample_value("cache_hits_total", {"kind": "metrics"}) == 1
    assert registry.get_sample_value("cache_misses_total", {"kind": "metrics"}) == 3


async def test_a_kind_of_no_seconds_is_never_kept():
    compute = Computation()
    kept = cache_of(Memory(10_000), costs=0)
    for times in (1, 2):
        assert await kept.answer(Kind.COSTS, "a", compute) == (b"answer %d" % times, False)


async def test_equal_questions_at_once_are_computed_once():
    compute = Computation()
    compute.go.clear()
    kept = cache_of(Memory(10_000))
    asking = [asyncio.create_task(kept.answer(Kind.METRICS, "a", compute)) for _ in range(20)]
    while not compute.times:
        await asyncio.sleep(0)
    asking[0].cancel()  # the others do not depend on who asked first
    await asyncio.sleep(0)
    compute.go.set()
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert set(answers[1:]) == {(b"answer 1", False)}
    assert compute.times == 1
    await kept.close()


async def test_a_failure_is_told_to_all_who_asked_and_not_kept():
    go, times = asyncio.Event(), 0

    async def fail() -> bytes:
        nonlocal times
        times += 1
        await go.wait()
        raise ValueError("no")

    kept = cache_of(Memory(10_000))
    asking = [asyncio.create_task(kept.answer(Kind.METRICS, "a", fail)) for _ in range(3)]
    await asyncio.sleep(0)
    go.set()
    assert [type(one) for one in await asyncio.gather(*asking, return_exceptions=True)] == [ValueError] * 3
    assert times == 1
    assert await kept.answer(Kind.METRICS, "a", Computation()) == (b"answer 1", False)


async def test_what_was_read_before_everything_was_forgotten_is_not_kept():
    compute = Computation()
    compute.go.clear()
    kept = cache_of(Memory(10_000))
    before = asyncio.create_task(kept.answer(Kind.METRICS, "a", compute))
    while not compute.times:
        await asyncio.sleep(0)
    await kept.forget()
    after = asyncio.create_task(kept.answer(Kind.METRICS, "a", compute))
    while compute.times < 2:
        await asyncio.sleep(0)
    compute.go.set()
    assert (await before, await after) == ((b"answer 1", False), (b"answer 2", False))
    assert await kept.answer(Kind.METRICS, "a", compute) == (b"answer 2", True)


async def test_memory_is_bounded_and_what_was_used_last_stays():
    memory = Memory(10_000)
    generation = (await memory.get("a")).generation
    for name in "abcdefgh":
        await memory.put(name, bytes(1_500), 60, generation)
        await memory.get("a")
    assert memory.size <= 10_000
    assert [name for name in "abcdefgh" if (await memory.get(name)).value is not None] == ["a", "e", "f", "g", "h"]
    await memory.put("large", bytes(20_000), 60, generation)
    assert memory.size == 0


async def test_answers_too_large_are_given_and_not_kept():
    async def large() -> bytes:
        return bytes(LARGEST + 1)

    memory = Memory(LARGEST * 4)
    assert not (await cache_of(memory).answer(Kind.METRICS, "a", large)).cached
    assert memory.size == 0


def test_keys_tell_every_question_and_every_scope_apart():
    questions = [
        trace_pb2.ListTracesRequest(),
        trace_pb2.ListTracesRequest(limit=10),
        metrics_pb2.GetMetricsRequest(),
        metrics_pb2.GetMetricsSummaryRequest(),
    ]
    scopes = [
        Scope.everything(),
        Scope.of([]),
        Scope.of(["every"]),
        Scope.of(["a", "b"]),
        Scope.of(["ab"]),
        Scope.of(["a"]),
    ]
    keys = [key_of(question, scope) for question in questions for scope in scopes]
    assert len(set(keys)) == len(keys)
    assert key_of(questions[1], Scope.of(["b", "a"])) == key_of(questions[1], Scope.of(["a", "b"]))


def test_every_kind_has_its_seconds():
    assert [kind.value for kind in Kind] == list(Seconds._fields)


def test_seconds_are_given_for_all_kinds_or_for_some():
    assert set(parse_seconds("30")) == {30.0}
    some = parse_seconds("metrics=5, costs=0")
    assert (some.of(Kind.METRICS), some.of(Kind.COSTS), some.of(Kind.MODELS)) == (5.0, 0.0, 3_600.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("soon", "'soon' is not a number of seconds"),
        ("nan", "must be from 0 to 86400"),
        ("-1", "must be from 0 to 86400"),
        ("speed=3", "'speed' is none of traces, "),
        ("costs=", "'' is not a number"),
    ],
)
def test_seconds_that_cannot_be_used_are_named(text, said):
    with pytest.raises(ValueError, match=said):
        parse_seconds(text)


@pytest.mark.parametrize("text", ["http://host", "redis://", "redis://host:x", "unix://", "secret"])
def test_no_url_of_redis_is_refused_without_showing_it(text):
    with pytest.raises(ValueError, match=r"^must be redis://user:password@host:port/number") as refused:
        redis_url(text)
    assert text not in str(refused.value) or text in ("redis://", "unix://")
