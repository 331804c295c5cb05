"""Who is found behind a credential, and for how long that is remembered."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, replace

import pytest

from controller.access.authenticator import Authenticator, Shown
from controller.access.jwt_keys import key_source
from controller.access.keys import hash_of, new_key
from controller.access.tokens import AccessTokens, Claims, TokenRules, seconds_now
from controller.store.api_keys import ApiKeyRecord, insert_key, revoke_key
from controller.store.database import READER_THREADS, Database
from controller.store.migrate import open_database
from controller.store.refresh_tokens import revoke
from loadcell.errors import LoadcellError
from loadcell.settings import Secret
from tests.patience import PATIENCE_SECONDS

NOW = 1_700_000_000_000_000
TOKENS = AccessTokens(key_source(Secret("s" * 40), None), TokenRules("loadcell", "loadcell", 0.0))


@dataclass
class Clock:
    """Both clocks, of which the test lets time go on."""

    seconds: float = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def wall(self) -> int:
        return NOW + round(self.seconds * 1e6)


@dataclass
class World:
    database: Database
    clock: Clock
    authenticator: Authenticator

    async def key(self, expires_at: int | None = None) -> str:
        key = new_key()
        record = ApiKeyRecord(
            "id", hash_of(key), "", "ci", "viewer", (), (), ("p",), "", NOW, expires_at, None, NOW, ""
        )
        await self.database.write(lambda c: insert_key(c, record, most=10))
        return key

    async def reason(self, credential: str) -> str:
        try:
            await self.authenticator.who(Shown(credential))
        except LoadcellError as error:
            return error.reason
        return "OK"


@pytest.fixture
async def world(place):
    database, clock = await open_database(place), Clock()
    yield World(
        database,
        clock,
        Authenticator(database, TOKENS, configured=Secret(""), clock=clock.monotonic, wall=clock.wall),
    )
    await database.close()


async def test_a_caller_is_remembered_for_half_a_second_and_no_longer(world):
    key = await world.key()
    assert await world.reason(key) == "OK"
    await world.database.write(lambda c: revoke_key(c, "id", NOW))
    world.clock.seconds = 0.499
    assert await world.reason(key) == "OK"
    world.clock.seconds = 0.5
    assert await world.reason(key) == "INVALID_API_KEY"


async def test_a_caller_is_not_remembered_beyond_the_end_of_the_key(world):
    key = await world.key(expires_at=NOW + 200_000)
    found = await world.authenticator.who(Shown(key))
    assert found.expires_at == NOW + 200_000
    world.clock.seconds = 0.2
    assert await world.reason(key) == "INVALID_API_KEY"


async def test_a_token_is_revoked_by_its_name_alone(world):
    now = seconds_now()
    mine = Claims("ci", "viewer", frozenset(), frozenset(), frozenset(["p"]), token_id="a", issued_at=now)
    mine = replace(mine, expires_at=now + 600)
    one, other = TOKENS.sign(mine), TOKENS.sign(replace(mine, token_id="b"))
    assert [await world.reason(token) for token in (one, other)] == ["OK", "OK"]
    await world.database.write(lambda c: revoke(c, "a", NOW * 2, NOW))
    world.clock.seconds = 0.5
    assert [await world.reason(token) for token in (one, other)] == ["INVALID_TOKEN", "OK"]
    assert (await world.authenticator.who(Shown(other))).expires_at == (now + 600) * 1_000_000


async def test_a_token_is_good_until_the_leeway_is_over(world):
    """And so is what is given with it: one that had ended already would be of no use."""
    lenient = AccessTokens(key_source(Secret("s" * 40), None), TokenRules("loadcell", "loadcell", 300.0))
    authenticator = Authenticator(world.database, lenient, configured=Secret(""))
    now = seconds_now()
    claims = Claims("ci", "admin", frozenset(), frozenset(), None, token_id="a", issued_at=now - 600)
    found = await authenticator.who(Shown(lenient.sign(replace(claims, expires_at=now - 20))))
    assert found.expires_at == (now + 280) * 1_000_000
    with pytest.raises(LoadcellError) as refused:
        await authenticator.who(Shown(lenient.sign(replace(claims, expires_at=now - 300))))
    assert refused.value.reason == "EXPIRED_TOKEN"


async def test_who_calls_is_found_while_every_question_takes_its_time(world):
    key, answered = await world.key(), threading.Event()
    questions = [
        asyncio.create_task(world.database.read(lambda _: answered.wait(PATIENCE_SECONDS)))
        for _ in range(2 * READER_THREADS)
    ]
    try:
        assert await world.reason(key) == "OK"
        assert not any(question.done() for question in questions)
    finally:
        answered.set()
        await asyncio.gather(*questions)
