"""Runs whose requests may have begun in a time: more than were going on in it."""

from __future__ import annotations

import pytest

from controller.store.run_keys import first_key
from controller.store.run_span import runs_of
from tests.integration.store.stored_runs import store_runs

HOUR, DAY = 3_600_000_000, 86_400_000_000
CREATED = 20_000 * DAY + 7 * HOUR
ENDED = CREATED + 2 * HOUR
KEY = first_key(CREATED)


@pytest.mark.parametrize(
    ("first", "last", "mine"),
    [
        (CREATED + 1, ENDED - 1, True),
        # The clock that times requests may be behind the one that timed the run.
        (CREATED - DAY, CREATED - HOUR, True),
        (CREATED - DAY, CREATED - HOUR - 1, False),
        # An agent that nobody could reach went on for a while.
        (ENDED + DAY, ENDED + 2 * DAY, True),
        (ENDED + DAY + 1, ENDED + 2 * DAY, False),
    ],
)
async def test_clocks_may_differ_by_an_hour_and_requests_be_a_day_late(open_one, first, last, mine):
    database = await open_one()
    await database.write(lambda c: store_runs(c, {KEY: [CREATED, ENDED]}))

    def bounds(connection) -> tuple[str, list[int]]:
        (conditions,) = runs_of(connection, [(first, last)])
        return connection.dialect.name, [one.right.value for one in conditions]

    dialect, found = await database.read(bounds)
    assert found == ([] if dialect == "sqlite" else [KEY, KEY] if mine else [0, -1])
