"""What models have said about results: stored once for a language, and gone with the run."""

from __future__ import annotations

import asyncio

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from controller.store.analyses import StoredAnalysis, get_analysis, put_analysis
from controller.store.deletion import begin_deletion, delete_some
from controller.store.migrate import alembic_config
from tests.integration.store.stored_runs import store_runs

ENGLISH = StoredAnalysis("en", "qwen3-14b", "## Overview\n\nFast. \N{SNOWMAN}", 1_700_000_000_000_000)
KOREAN = StoredAnalysis("ko", "qwen3-14b", "빠릅니다.", 1_700_000_000_000_001)


@pytest.fixture
async def database(open_one):
    opened = await open_one()
    await opened.write(lambda c: store_runs(c, {1: [10], 2: [20]}))
    return opened


async def test_one_for_each_run_and_language_the_last_one(database):
    for one in (ENGLISH, KOREAN):
        assert await database.write(lambda c, one=one: put_analysis(c, 1, one))
    newer = StoredAnalysis("en", "other", "Slow.", 1_800_000_000_000_000)
    assert await database.write(lambda c: put_analysis(c, 1, newer))
    assert await database.read(lambda c: get_analysis(c, 1, "en")) == newer
    assert await database.read(lambda c: get_analysis(c, 1, "ko")) == KOREAN
    assert await database.read(lambda c: get_analysis(c, 2, "en")) is None


async def test_it_goes_with_its_run_and_none_comes_after(database):
    assert await database.write(lambda c: put_analysis(c, 1, ENGLISH))
    await database.write(lambda c: begin_deletion(c, 1, "me", 60.0))
    assert not await database.write(lambda c: put_analysis(c, 1, KOREAN))
    while await database.write(lambda c: delete_some(c, 1, "me", 60.0)):
        await asyncio.sleep(0)
    assert await database.read(lambda c: c.execute(text("SELECT count(*) FROM run_analyses")).scalar_one()) == 0
    assert not await database.write(lambda c: put_analysis(c, 1, KOREAN))
    assert await database.write(lambda c: put_analysis(c, 2, KOREAN))


async def test_back_and_forward_again_with_data(database, place):
    assert await database.write(lambda c: put_analysis(c, 1, ENGLISH))
    await database.close()
    engine = create_engine(f"sqlite:///{place}" if not hasattr(place, "host") else place)
    with engine.begin() as connection:
        config = alembic_config(connection)
        for change, revision in ((command.downgrade, "0015"), (command.upgrade, "head")):
            change(config, revision)
            assert connection.execute(text("SELECT count(*) FROM benchmark_runs")).scalar_one() == 2
        assert put_analysis(connection, 1, KOREAN)
        assert get_analysis(connection, 1, "ko") == KOREAN
        assert get_analysis(connection, 1, "en") is None
    engine.dispose()
