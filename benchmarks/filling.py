"""Fills a database with what 90 days of load tests leave."""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import URL

from benchmarks.recorded_runs import DAY_MICROS, DAYS, TOGETHER, Filler, recorded
from benchmarks.sizes import Sizes
from controller.query.metrics.rows import Contexts
from controller.store.database import Connection, Database
from controller.store.metrics_models import first_and_last, read_totals
from controller.store.partitions import create_ahead
from controller.store.place import Place, parse_place


@dataclass(frozen=True)
class Filled:
    """A full database: until when its runs were, its newest request (microseconds since 1970), its traces."""

    until: datetime
    last: int
    traces: int


def kept_place(sizes: Sizes) -> Place | None:
    """Return where the database is that outlives the cases, if one was named; a path is made absolute."""
    place = parse_place(sizes.kept) if sizes.kept else None
    return place.absolute() if isinstance(place, Path) else place


async def fill(database: Database, filler: Filler, total: int) -> Filled:
    """Fill a database with `total` traces if it is empty, and tell what is in it."""
    stored = await database.read(_stored)
    if stored is None:
        await _fill_up(database, filler, total, round(datetime.now(UTC).timestamp() * 1e6))
        stored = await database.read(_stored)
    assert stored is not None  # there are traces now
    return stored


def _stored(connection: Connection) -> Filled | None:
    totals = read_totals(connection, Contexts(np.zeros(0, np.int64), {}, every=True))
    if not totals:
        return None
    [(first, last)] = first_and_last(connection, [totals])
    until = datetime.fromtimestamp(first / 1e6, UTC) + timedelta(days=DAYS)
    return Filled(until, last, sum(one.requests for one in totals))


async def _fill_up(database: Database, filler: Filler, total: int, until: int) -> None:
    for day in range(DAYS, 0, -1):  # as on each of these days
        await database.write(partial(create_ahead, now_micros=until - day * DAY_MICROS))
    runs = recorded(total, until)
    done, said = 0, time.monotonic()
    while group := list(islice(runs, TOGETHER)):
        await filler.store(group)
        done += sum(run.requests for run in group)
        if time.monotonic() - said > 30:
            said = time.monotonic()
            print(f"{done:,} of {total:,} traces stored", file=sys.stderr, flush=True)
    if isinstance(database.place, URL):
        await asyncio.to_thread(_vacuum, database.place)


def _vacuum(place: URL) -> None:
    """Do what a server does by itself in the time, but not in minutes; to partitioned tables it does nothing."""
    url = place.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        names = (
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        )
        for (name,) in connection.execute(names).fetchall():
            connection.execute(SQL("VACUUM (ANALYZE) {}").format(Identifier(name)))
