from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest

from controller.store.migrate import open_database
from controller.store.place import Place


@pytest.fixture
async def open_one(place: Place) -> AsyncIterator[Callable]:
    """Open the same database again and again, as several controllers do."""
    async with AsyncExitStack() as stack:

        async def one():
            database = await open_database(place)
            stack.push_async_callback(database.close)
            return database

        yield one
