"""Prices as the contract says them, and pages of them."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from decimal import Decimal

from controller.query import cursor
from controller.query.traces.values import read_text
from controller.store.contexts import DEFAULT_PROVIDER
from controller.store.database import Connection
from controller.store.prices import PriceFilter, count_prices, page_prices
from loadcell.errors import LoadcellError
from loadcell.stats.pricing import MAX_PRICE_NANO, NANO_PER_USD, Price
from loadcell.v1 import cost_pb2, envelope_pb2

MAX_PROVIDER, MAX_MODEL = 128, 256  # characters
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def read_price(request: cost_pb2.SetPricingRequest, now: int) -> Price:
    """Return the price that a request sets, from today (UTC) on by default.

    Raises:
        LoadcellError: MISSING_REQUIRED_FIELD, INVALID_FIELD_VALUE or INVALID_FIELD_FORMAT, naming the field.
    """
    today = datetime.fromtimestamp(now / 1e6, UTC).date()
    return Price(
        effective_date=read_date(request.effective_date) if request.effective_date else today,
        provider=_read_name(request.provider or DEFAULT_PROVIDER, "provider", MAX_PROVIDER),
        model=_read_name(request.model, "model", MAX_MODEL),
        prompt_nano=_read_amount(request, "prompt_cost_per_1k"),
        completion_nano=_read_amount(request, "completion_cost_per_1k"),
    )


def price_message(price: Price) -> cost_pb2.Pricing:
    """Return the message of a price."""
    return cost_pb2.Pricing(
        effective_date=price.effective_date.isoformat(),
        provider=price.provider,
        model=price.model,
        prompt_cost_per_1k=price.prompt_nano / NANO_PER_USD,
        completion_cost_per_1k=price.completion_nano / NANO_PER_USD,
    )


def page_of_prices(connection: Connection, request: cost_pb2.ListPricingRequest) -> cost_pb2.ListPricingResponse:
    """Return a page of prices, by provider, model and newest date.

    Raises:
        LoadcellError: INVALID_FIELD_FORMAT, INVALID_FIELD_VALUE, LIMIT_EXCEEDED or INVALID_CURSOR.
    """
    wanted = PriceFilter(
        provider=read_text(request.provider, "provider").lower() if request.provider else None,
        model=read_text(request.model, "model").lower() if request.model else None,
        in_force_on=read_date(request.effective_date) if request.effective_date else None,
    )
    limit = cursor.page_size(request.limit if request.HasField("limit") else None)
    question = f"prices {wanted}"
    after = None
    if request.cursor:
        provider, model, day = (
            read_text(text, "cursor") for text in cursor.decode(request.cursor, question, (str, str, str))
        )
        after = (provider, model, day)
    found = page_prices(connection, wanted, limit=limit + 1, after=after)
    page = found[:limit]
    next_cursor = None
    if len(found) > limit:
        last = page[-1]
        next_cursor = cursor.encode(question, [last.provider, last.model, last.effective_date.isoformat()])
    return cost_pb2.ListPricingResponse(
        data=[price_message(price) for price in page],
        pagination=envelope_pb2.Pagination(
            cursor=next_cursor,
            has_more=next_cursor is not None,
            limit=limit,
            total=count_prices(connection, wanted),
        ),
    )


def read_date(text: str, where: str = "effective_date") -> date:
    """Return a day of the form 2026-01-31.

    Raises:
        LoadcellError: INVALID_FIELD_FORMAT, it is none; INVALID_FIELD_VALUE, there is no such day.
    """
    if not _DATE.fullmatch(text):
        raise LoadcellError("INVALID_FIELD_FORMAT", f"{text[:64]!r} is no day; write 2026-01-31", field=where)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise LoadcellError("INVALID_FIELD_VALUE", f"there is no day {text}: {error}", field=where) from error


def _read_name(text: str, where: str, most: int) -> str:
    if not text.strip():
        raise LoadcellError("MISSING_REQUIRED_FIELD", f"{where} must name what the price is for", field=where)
    if len(text) > most or not text.isprintable():
        raise LoadcellError("INVALID_FIELD_VALUE", f"{where} may have {most} printable characters", field=where)
    # Looked up in lower case: entries that differ in nothing else would be two prices of one model.
    return text.strip().lower()


def _read_amount(request: cost_pb2.SetPricingRequest, where: str) -> int:
    """Return nano-USD."""
    if not request.HasField(where):
        raise LoadcellError("MISSING_REQUIRED_FIELD", f"{where} is required; 0 is a price as well", field=where)
    usd: float = getattr(request, where)
    highest = MAX_PRICE_NANO // NANO_PER_USD
    if not (math.isfinite(usd) and 0 <= usd <= highest):
        raise LoadcellError(
            "INVALID_FIELD_VALUE", f"{where} must be from 0 to {highest:,}, not {usd}", field=where
        )
    # As it was written, not as the nearest binary fraction of it.
    nano = Decimal(repr(usd)) * NANO_PER_USD
    if nano != nano.to_integral_value():
        raise LoadcellError("INVALID_FIELD_VALUE", f"{where} has more than nine decimals: {usd!r}", field=where)
    return int(nano)
