"""Which models there are: those that were under load, and those that have a price."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from controller.query.metrics.question import DimensionFilter, exact_filters
from controller.scope import Scope
from controller.store.database import Connection
from controller.store.metrics_models import (
    ContextTotals,
    first_and_last,
    newest_provider,
    read_totals,
    streaming_was_tried,
    token_sketches,
)
from controller.store.prices import list_prices
from controller.store.rollup_reading import read_contexts
from loadcell.stats.packed import merge_groups
from loadcell.stats.pricing import NANO_PER_USD, PriceList
from loadcell.v1 import model_pb2


@dataclass(frozen=True, slots=True)
class Selection:
    """Which models are asked for; an empty text asks for all."""

    scope: Scope
    provider: str = ""
    project_id: str = ""
    model: str = ""

    def filters(self) -> tuple[DimensionFilter, ...]:
        """Return the conditions on contexts.

        Raises:
            LoadcellError: INVALID_FIELD_VALUE, a name cannot be one.
        """
        named = exact_filters(provider=self.provider, project_id=self.project_id)
        # A model that is asked for by an impossible name does not exist.
        return (*named, DimensionFilter("model", (self.model,))) if self.model else named


class KnownModels:
    """The models of a selection."""

    def __init__(self, connection: Connection, selection: Selection, now: int) -> None:
        self._connection = connection
        self._today = datetime.fromtimestamp(now / 1e6, UTC).date()
        self._contexts = read_contexts(connection, selection.scope, selection.filters(), ("model", "provider"))
        names = zip(self._contexts.keys.tolist(), self._contexts.values["model"], strict=True)
        models = {key: str(model) for key, model in names}
        self._totals: dict[str, list[ContextTotals]] = {}
        for totals in read_totals(connection, self._contexts):
            if models[totals.context_key]:
                self._totals.setdefault(models[totals.context_key], []).append(totals)
        prices = list_prices(connection)
        self._prices = PriceList(prices)
        self._listed = {
            price.model: price
            for price in reversed(prices)
            if selection.provider in {"", price.provider} and selection.model in {"", price.model}
        }

    def names(self) -> list[str]:
        """Return their names in order."""
        return sorted({*self._totals, *self._listed})

    def describe(self, name: str) -> model_pb2.Model:
        """Return what is known of one of them."""
        totals = self._totals.get(name, [])
        message = model_pb2.Model(id=name, model=name, providers=self.providers(name))
        listed = self._listed.get(name)
        if totals:
            message.provider = newest_provider(self._connection, name, self._contexts) or message.providers[0]
            self._add_requests(message, totals)
        elif listed is not None:
            message.provider = listed.provider
        price = self._prices.find(message.provider, name, self._today)
        if price is not None:
            message.prompt_cost_per_1k = price.prompt_nano / NANO_PER_USD
            message.completion_cost_per_1k = price.completion_nano / NANO_PER_USD
        return message

    def providers(self, name: str) -> list[str]:
        """Return the providers that one of them was run at, in order."""
        keys = {one.context_key for one in self._totals.get(name, ())}
        pairs = zip(self._contexts.keys.tolist(), self._contexts.values["provider"], strict=True)
        return sorted({str(provider) for key, provider in pairs if key in keys})

    def _add_requests(self, message: model_pb2.Model, totals: list[ContextTotals]) -> None:
        keys = [one.context_key for one in totals]
        message.request_count = sum(one.requests for one in totals)
        first, last = first_and_last(self._connection, totals)
        message.first_seen_at.FromMicroseconds(first)
        message.last_seen_at.FromMicroseconds(last)
        sketches = token_sketches(self._connection, totals)
        largest = merge_groups(sketches, np.zeros(len(sketches), np.int64), 1).quantiles([1.0])[0, 0]
        if not np.isnan(largest):
            message.max_tokens = round(float(largest))
        if any(one.streamed for one in totals):
            message.supports_streaming = True
        elif streaming_was_tried(self._connection, keys):
            message.supports_streaming = False
