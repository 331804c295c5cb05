"""The part of CostService that is about prices."""

# Names and signatures are those of the generated classes.
# ruff: noqa: N802

from __future__ import annotations

from typing import Any

import structlog

from controller.query.costs.prices import page_of_prices, price_message, read_price
from controller.services.answers import Answers
from controller.services.caller import scope_of
from controller.store.database import Database
from controller.store.prices import set_price
from loadcell.clock import wall_micros
from loadcell.v1 import cost_pb2, cost_pb2_grpc

log = structlog.get_logger()


class PricingMethods(cost_pb2_grpc.CostServiceServicer):
    """Listing and setting prices, which are the same for all projects."""

    def __init__(self, database: Database, answers: Answers) -> None:
        self._prices = database
        self._price_answers = answers

    async def ListPricing(
        self, request: cost_pb2.ListPricingRequest, context: Any
    ) -> cost_pb2.ListPricingResponse:
        """Return a page of prices."""
        return await self._price_answers.give(
            None, request, scope_of(context), lambda: self._prices.read(lambda c: page_of_prices(c, request))
        )

    async def SetPricing(self, request: cost_pb2.SetPricingRequest, context: Any) -> cost_pb2.SetPricingResponse:
        """Set a price; requests that are stored from now on have it."""

        async def store() -> cost_pb2.SetPricingResponse:
            price = read_price(request, wall_micros())
            await self._prices.write(lambda c: set_price(c, price), repeatable=True)
            await self._price_answers.forget()
            log.info(
                "price_set",
                provider=price.provider,
                model=price.model,
                effective_date=price.effective_date.isoformat(),
                prompt_nano=price.prompt_nano,
                completion_nano=price.completion_nano,
            )
            return cost_pb2.SetPricingResponse(data=price_message(price))

        return await self._price_answers.give(None, request, scope_of(context), store)
