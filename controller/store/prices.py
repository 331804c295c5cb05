"""Prices of models, by the day from which they hold."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection, insert, select

from controller.store.schema_queries import model_pricing
from loadcell.stats.pricing import SEED_PRICES, Price, PriceList


def list_prices(connection: Connection) -> list[Price]:
    """Return all prices, the newest of a model first."""
    query = select(model_pricing).order_by(
        model_pricing.c.provider, model_pricing.c.model, model_pricing.c.effective_date.desc()
    )
    return [
        Price(date.fromisoformat(day), provider, model, prompt, completion)
        for provider, model, day, prompt, completion in connection.execute(query)
    ]


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
