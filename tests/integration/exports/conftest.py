from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from controller.store.migrate import open_database
from controller.store.place import Place
from controller.store.runs import change_state
from loadcell.v1 import run_pb2
from tests.integration.controller.conftest import start
from tests.integration.store import random_traces

__all__ = ["start"]


@pytest.fixture
def filled() -> Callable:
    """Fill an empty database with requests at random."""

    async def fill(place: Place, rows: int) -> random_traces.Stored:
        database = await open_database(place)
        try:
            stored = await database.write(lambda c: random_traces.fill(c, rows=rows))
            # Or a controller would try to go on with them.
            for run_key in {run.run_key for run, _ in stored.leases}:
                await database.write(partial(change_state, run_key=run_key, new=run_pb2.RUN_STATE_COMPLETED))
            return stored
        finally:
            await database.close()

    return fill
