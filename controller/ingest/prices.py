"""The prices that requests are stored with: those of the database, as they were at most a moment ago.

Whoever sets a price may do so through another controller, and samples must not wait for the database each time.
"""

from __future__ import annotations

import time

from controller.store.database import Database
from controller.store.prices import price_list
from loadcell.stats.pricing import PriceList

FRESH_SECONDS = 1.0


class Prices:
    """The price list of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._list: PriceList | None = None
        self._read_at = 0.0

    async def current(self) -> PriceList:
        """Return the list, not older than FRESH_SECONDS.

        Raises:
            LoadcellError: DATABASE_ERROR, SERVICE_UNAVAILABLE.
        """
        if self._list is None or time.monotonic() - self._read_at > FRESH_SECONDS:
            asked_at = time.monotonic()
            self._list = await self._database.read(price_list)
            self._read_at = asked_at
        return self._list
