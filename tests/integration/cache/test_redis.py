"""Answers kept in Redis: shared, forgotten together, and never an error when it is away."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

from controller.cache.cache import Cache
from controller.cache.kinds import Kind, Seconds
from controller.cache.remote import Remote
from controller.cache.where import keeping_place, open_link
from controller.redis_link import REST_SECONDS, RedisLink
from loadcell.settings import Secret


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def remotes(redis_server):
    """Two controllers of one database, with clocks of their own."""
    clocks = Clock(), Clock()
    links = [RedisLink(redis_server.url, clock) for clock in clocks]
    yield (*(Remote(link, "test:") for link in links), *clocks)
    for link in links:
        await link.close()


async def keep(place: Remote, key: str, value: bytes) -> None:
    await place.put(key, value, 60.0, (await place.get(key)).generation)


async def test_controllers_share_answers_and_forget_them_together(remotes):
    first, second, *_ = remotes
    await keep(first, "a", b"kept")
    assert (await second.get("a")).value == b"kept"
    late = (await first.get("b")).generation
    await second.forget()
    assert (await first.get("a")).value is None
    await first.put("b", b"read before", 60.0, late)
    assert (await second.get("b")).value is None
    await keep(first, "a", b"kept again")
    assert (await second.get("a")).value == b"kept again"


async def test_answers_leave_redis_by_themselves(remotes, redis_server):
    first, *_ = remotes
    await keep(first, "a", b"kept")
    with redis_server.client() as client:
        assert 0 < client.pttl("test:a") <= 60_000


async def test_databases_are_apart_in_one_redis(redis_server):
    link = open_link(redis_server.url)
    assert link is not None
    one, other = (keeping_place(link, 0, owner) for owner in ("one", "other"))
    await keep(one, "a", b"kept")
    assert (await other.get("a")).value is None
    await link.close()


async def test_redis_away_means_nothing_kept_and_no_error(remotes, redis_server, capfd):
    first, second, clock, _ = remotes
    await keep(first, "a", b"kept")
    redis_server.stop()
    assert (await first.get("a")).value is None
    cache = Cache(first, Seconds(), CollectorRegistry())

    async def compute() -> bytes:
        return b"computed"

    for _ in range(2):
        assert await cache.answer(Kind.METRICS, "a", compute) == (b"computed", False)
    assert capfd.readouterr().out.count("redis_away") == 1
    redis_server.start()
    assert (await first.get("a")).value is None  # it rests before it asks again
    clock.now += REST_SECONDS
    await keep(first, "a", b"kept anew")
    assert (await second.get("a")).value == b"kept anew"


async def test_what_was_forgotten_while_redis_was_away_does_not_come_back(remotes, redis_server):
    first, second, clock, other_clock = remotes
    await keep(first, "a", b"kept")
    with redis_server.client() as client:
        saved = {name: client.get(name) for name in (b"test:generation", b"test:a")}
    redis_server.stop()
    await first.forget()
    redis_server.start()
    with redis_server.client() as client:
        client.mset(saved)  # as a Redis that writes to disk has it back
    clock.now += REST_SECONDS
    assert (await first.get("b")).value is None
    other_clock.now += REST_SECONDS
    assert (await second.get("a")).value is None


async def test_what_was_forgotten_before_redis_went_away_does_not_come_back(remotes, redis_server):
    *both, clock, other_clock = remotes
    await keep(both[0], "a", b"kept")
    with redis_server.client() as client:
        saved = {name: client.get(name) for name in (b"test:generation", b"test:a")}
    await both[0].forget()
    redis_server.stop()
    for remote in both:
        assert (await remote.get("a")).value is None
    redis_server.start()
    with redis_server.client() as client:
        client.mset(saved)  # as a Redis that writes to disk now and then has it back
    clock.now += REST_SECONDS
    other_clock.now += REST_SECONDS
    for remote in both:
        assert (await remote.get("a")).value is None


async def test_an_emptied_redis_does_not_bring_old_answers_back(remotes, redis_server):
    first, *_ = remotes
    await keep(first, "a", b"kept")
    with redis_server.client() as client:
        client.delete("test:generation")
    assert (await first.get("a")).value is None
    await first.forget()
    assert (await first.get("a")).value is None


async def test_nobody_at_the_address_is_no_error():
    link = RedisLink(Secret("redis://127.0.0.1:1"))
    place = Remote(link, "test:")
    assert (await place.get("a")).value is None
    await place.forget()
    await link.close()
