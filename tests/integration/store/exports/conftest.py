from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from functools import partial

import pytest

from controller.access.principal import OPEN, Principal, serve_as
from tests.integration.store import random_traces
from tests.integration.store.exports.exporting import Controller
from tests.integration.store.random_traces import Stored


@pytest.fixture(autouse=True)
def caller() -> None:
    """The service is called without what goes around calls, which says who calls."""
    serve_as(Principal.unlimited(OPEN))


@pytest.fixture
async def stored(open_one) -> Stored:
    return await (await open_one()).write(partial(random_traces.fill, rows=30))


@pytest.fixture
async def make(open_one, tmp_path) -> AsyncIterator[Callable]:
    async with AsyncExitStack() as stack:

        async def one(folder: str = "exports", *, running: bool = True, **settings: object) -> Controller:
            controller = Controller(await open_one(), tmp_path / folder, **settings)
            stack.push_async_callback(controller.exports.stop)
            if running:
                controller.exports.start()
            return controller

        yield one
