"""Deletes what has reached its age, in the background and never for long at a time."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import structlog

from controller.store.audit_log import expire_entries
from controller.store.database import Connection, Database
from controller.store.partitions import create_ahead
from controller.store.retention import Left, expire_requests, expire_rollups
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.stats.rollup import DAY, HOUR, MINUTE

log = structlog.get_logger()

EVERY_SECONDS = 3_600.0
OTHERS_SECONDS = 1.0  # until it is seen again whether another controller is deleting
_MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class Ages:
    """For how many whole days of UTC requests, rollups and the log of calls are kept; 0: for ever."""

    requests: int
    minutes: int
    hours: int
    days: int
    audit: int = 0

    @property
    def lose_days(self) -> bool:
        """Whether days are kept for less long than what is asked for by the day."""
        others = (self.requests, self.minutes, self.hours)
        return 0 < self.days < max(one or math.inf for one in others)

    def expired(self, now_micros: int) -> Iterator[Callable[[Connection], Left]]:
        """Yield what deletes a part of what is too old, and says what is left."""
        today = now_micros // (DAY * _MICROS)
        if self.requests:
            yield partial(expire_requests, before=(today - self.requests) * DAY * _MICROS)
        for grain, days in ((MINUTE, self.minutes), (HOUR, self.hours), (DAY, self.days)):
            if days:
                yield partial(expire_rollups, grain=grain, first_kept=(today - days) * DAY // grain)
        if self.audit:
            yield partial(expire_entries, before=(today - self.audit) * DAY * _MICROS)


async def retain(database: Database, ages: Ages) -> None:
    """Delete what is too old, again and again, and see to partitions of the days to come."""
    if ages.lose_days:
        log.warning("retention_loses_days", days=ages.days, requests=ages.requests, hours=ages.hours)
    while True:
        try:
            await retain_once(database, ages, wall_micros())
        except LoadcellError as error:
            log.warning("retention_put_off", error=str(error.__cause__ or error))
        except Exception:
            # What is too old must go whatever went wrong before, or the disk fills.
            log.exception("retention_put_off")
        await asyncio.sleep(EVERY_SECONDS)


async def retain_once(database: Database, ages: Ages, now_micros: int) -> None:
    """Delete everything that is too old at a time, in microseconds since 1970 UTC.

    Each part is a transaction of its own, so this may end anywhere and begin again. Others use the database at
    least as long as this does.

    Raises:
        LoadcellError: The database cannot be used.
    """
    await database.write(lambda c: create_ahead(c, now_micros), repeatable=True)
    for delete_some in ages.expired(now_micros):
        left = Left.MORE
        while left is not Left.NOTHING:
            began = time.monotonic()
            left = await database.write(delete_some, repeatable=True)
            await asyncio.sleep(OTHERS_SECONDS if left is Left.OTHERS else time.monotonic() - began)
