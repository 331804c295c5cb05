"""Prices of models, by the day from which they hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, and_, func, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from controller.store.postgresql import announce
from controller.store.schema_queries import model_pricing
from loadcell.stats.pricing import SEED_PRICES, Price, PriceList

_ORDER = (model_pricing.c.provider, model_pricing.c.model, model_pricing.c.effective_date.desc())


@dataclass(frozen=True, slots=True)
class PriceFilter:
    """Which prices are wanted; None: any. `in_force_on`: of each entry the one that holds on this day."""

    provider: str | None = None
    model: str | None = None
    in_force_on: date | None = None


def list_prices(connection: Connection) -> list[Price]:
    """Return all prices, the newest of a model first."""
    return [_price(row) for row in connection.execute(select(model_pricing).order_by(*_ORDER))]


def page_prices(
    connection: Connection, wanted: PriceFilter, *, limit: int, after: tuple[str, str, str] | None
) -> list[Price]:
    """Return prices by provider, model and newest date, those behind (provider, model, date)."""
    query = _wanted(wanted)
    if after is not None:
        provider, model, day = after
        mine = model_pricing.c
        query = query.where(
            or_(
                mine.provider > provider,
                and_(mine.provider == provider, mine.model > model),
                and_(mine.provider == provider, mine.model == model, mine.effective_date < day),
            )
        )
    return [_price(row) for row in connection.execute(query.order_by(*_ORDER).limit(limit))]


def count_prices(connection: Connection, wanted: PriceFilter) -> int:
    """Return how many prices are wanted."""
    count: int = connection.execute(select(func.count()).select_from(_wanted(wanted).subquery())).scalar_one()
    return count


def set_price(connection: Connection, price: Price) -> None:
    """Store a price, in place of the one of the same entry and day, and tell other controllers."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    new = dialect.insert(model_pricing)
    connection.execute(
        new.on_conflict_do_update(
            index_elements=[*model_pricing.primary_key],
            set_={name: new.excluded[name] for name in ("prompt_nano", "completion_nano")},
        ),
        price_values(price),
    )
    announce(connection, "")


def _wanted(wanted: PriceFilter) -> Select[Any]:
    query = select(model_pricing)
    if wanted.provider is not None:
        query = query.where(model_pricing.c.provider == wanted.provider)
    if wanted.model is not None:
        query = query.where(model_pricing.c.model == wanted.model)
    if wanted.in_force_on is not None:
        other = model_pricing.alias()
        newest = (
            select(func.max(other.c.effective_date))
            .where(
                other.c.provider == model_pricing.c.provider,
                other.c.model == model_pricing.c.model,
                other.c.effective_date <= wanted.in_force_on.isoformat(),
            )
            .scalar_subquery()
        )
        query = query.where(model_pricing.c.effective_date == newest)
    return query


def _price(row: Any) -> Price:
    provider, model, day, prompt, completion = row
    return Price(date.fromisoformat(day), provider, model, prompt, completion)


def price_list(connection: Connection) -> PriceList:
    """Return all prices, to look up."""
    return PriceList(list_prices(connection))


def insert_prices(connection: Connection, prices: Iterable[Price]) -> None:
    """Store prices that are not there yet."""
    connection.execute(insert(model_pricing), [price_values(price) for price in prices])


def seed_prices(connection: Connection) -> None:
    """Store the prices a new database begins with."""
    insert_prices(connection, SEED_PRICES)


def price_values(price: Price) -> dict[str, object]:
    """Return the columns of a price."""
    return {
        "provider": price.provider,
        "model": price.model,
        "effective_date": price.effective_date.isoformat(),
        "prompt_nano": price.prompt_nano,
        "completion_nano": price.completion_nano,
    }
