"""Where the requests of a lease come from: what is stored with each of them and is the same for all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from sqlalchemy import Connection, select

from controller.store.contexts import DEFAULT_PROVIDER
from controller.store.prices import price_list
from controller.store.records import LeaseRecord
from controller.store.schema import benchmark_runs, run_levels
from controller.store.schema_queries import contexts
from loadcell.stats.pricing import Price, PriceList


@dataclass(frozen=True, slots=True)
class Origin:
    """The level of a lease.

    `start_micros` is when it was started, microseconds since 1970 UTC, 0 before; `listed_by` is the provider whose
    price of the model counts, "" for whoever lists it; `price` is that in force when the level was started, None
    where it is not known.
    """

    start_micros: int
    context_key: int
    listed_by: str
    model: str
    price: Price | None

    def priced(self, prices: PriceList, at_micros: int) -> Origin:
        """Return it with the price in force at a time, in microseconds since 1970 UTC."""
        return replace(self, price=prices.find(self.listed_by, self.model, _day(at_micros)))


def get_origin(connection: Connection, lease: LeaseRecord) -> Origin:
    """Return where the requests of a lease come from; its run must exist."""
    start, context_key, provider, model = connection.execute(
        select(
            run_levels.c.start_micros, benchmark_runs.c.context_key, contexts.c.provider, benchmark_runs.c.model
        )
        .join(benchmark_runs, benchmark_runs.c.run_key == run_levels.c.run_key)
        .outerjoin(contexts, contexts.c.context_key == benchmark_runs.c.context_key)
        .where(run_levels.c.run_key == lease.run_key, run_levels.c.level == lease.level)
    ).one()
    # Whoever does not say who serves the model has the price of whoever lists it.
    listed_by = "" if provider in (None, DEFAULT_PROVIDER) else provider
    return Origin(start, context_key, listed_by, model, None).priced(price_list(connection), start)


def _day(at_micros: int) -> date:
    return datetime.fromtimestamp(at_micros / 1e6, UTC).date()
