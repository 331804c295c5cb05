"""Where the requests of a lease come from: what is stored with each of them and is the same for all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from controller.keeping import Keeping, keeping_of
from controller.store.contexts import listed_by
from controller.store.records import LeaseRecord
from controller.store.schema import benchmark_runs, run_levels
from controller.store.schema_queries import contexts
from loadcell.stats.pricing import Price, PriceList
from loadcell.v1 import result_pb2

_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Origin:
    """The level of a lease.

    `start_micros` is when it was started, microseconds since 1970 UTC, 0 before; `listed_by` is the provider whose
    price of the model counts, see `contexts.listed_by`; `keeping` is None where all requests are kept.
    """

    start_micros: int
    context_key: int
    listed_by: str
    model: str
    keeping: Keeping | None = None

    def price_on(self, prices: PriceList, day: int) -> Price | None:
        """Return the price in force on a day (days since 1970 UTC), None when there is none."""
        return prices.find(self.listed_by, self.model, date.fromordinal(_EPOCH + day))


def get_origin(connection: Connection, lease: LeaseRecord) -> Origin:
    """Return where the requests of a lease come from; its run must exist."""
    start, context_key, provider, model, config = connection.execute(
        select(
            run_levels.c.start_micros,
            benchmark_runs.c.context_key,
            contexts.c.provider,
            benchmark_runs.c.model,
            benchmark_runs.c.config,
        )
        .join(benchmark_runs, benchmark_runs.c.run_key == run_levels.c.run_key)
        .outerjoin(contexts, contexts.c.context_key == benchmark_runs.c.context_key)
        .where(run_levels.c.run_key == lease.run_key, run_levels.c.level == lease.level)
    ).one()
    keeping = keeping_of(result_pb2.RunConfig.FromString(config))
    return Origin(start, context_key, listed_by(provider), model, keeping)
