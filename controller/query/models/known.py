"""Which models there are: those that were under load, and those that have a price."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from controller.query.metrics.question import DimensionFilter, exact_filters
from controller.scope import Scope
from controller.store.contexts import listed_by
from controller.store.database import Connection
from controller.store.metrics_models import (
    ContextTotals,
    first_and_last,
    largest_tokens,
    newest_provider,
    read_totals,
    streaming_was_tried,
)
from controller.store.prices import list_prices
from controller.store.rollup_reading import read_contexts
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
        keys, values = self._contexts.keys.tolist(), self._contexts.values
        self._models, self._providers = (
            {key: str(value) for key, value in zip(keys, values[name], strict=True)}
            for name in ("model", "provider")
        )
        # Also by runs that have no requests.
        self._named: defaultdict[str, set[str]] = defaultdict(set)
        for key, model in self._models.items():
            self._named[model].add(self._providers[key])
        self._totals: defaultdict[str, list[ContextTotals]] = defaultdict(list)
        for totals in read_totals(connection, self._contexts):
            if self._models[totals.context_key]:
                self._totals[self._models[totals.context_key]].append(totals)
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

    def describe(self, names: Iterable[str]) -> list[model_pb2.Model]:
        """Return what is known of some of them."""
        messages = [self._describe(name) for name in names]
        loaded = [message for message in messages if message.id in self._totals]
        groups = [self._totals[message.id] for message in loaded]
        tokens = largest_tokens(self._connection, [one.context_key for group in groups for one in group])
        times = first_and_last(self._connection, groups)
        for message, totals, (first, last) in zip(loaded, groups, times, strict=True):
            message.request_count = sum(one.requests for one in totals)
            message.first_seen_at.FromMicroseconds(first)
            message.last_seen_at.FromMicroseconds(last)
            known = [most for one in totals if not math.isnan(most := tokens[one.context_key])]
            if known:
                message.max_tokens = round(max(known))
            if any(one.streamed for one in totals):
                message.supports_streaming = True
            elif streaming_was_tried(self._connection, [one.context_key for one in totals]):
                message.supports_streaming = False
        return messages

    def _describe(self, name: str) -> model_pb2.Model:
        """Return what is known of one of them without its requests."""
        message = model_pb2.Model(id=name, model=name, providers=self.providers(name))
        if name in self._totals:
            message.provider = message.providers[0]
            if len(self._named[name]) > 1:
                newest = newest_provider(self._connection, name, self._contexts)
                message.provider = newest or message.provider
        elif name in self._listed:
            message.provider = self._listed[name].provider
        price = self._prices.find(listed_by(message.provider), name, self._today)
        if price is not None:
            message.prompt_cost_per_1k = price.prompt_nano / NANO_PER_USD
            message.completion_cost_per_1k = price.completion_nano / NANO_PER_USD
        return message

    def providers(self, name: str) -> list[str]:
        """Return the providers that one of them was run at, in order."""
        return sorted({self._providers[one.context_key] for one in self._totals.get(name, ())})
