"""What tokens cost: prices by provider, model and day, and the cost of many requests at once.

Money is counted in whole nano-USD (10^-9 USD), so that sums are exact in whatever order they are made.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from loadcell.stats.columns import Ints

NANO_PER_USD = 10**9
UNKNOWN_COST = -1
# 1,000 USD per 1,000 tokens; with the bound of tokens below, costs stay far within int64.
MAX_PRICE_NANO = 1000 * NANO_PER_USD
# No request has more tokens: a count above this is a mistake of whoever reported it.
MAX_TOKENS = 2**31
# What may follow the listed name in the name of a model: a date, a size, a tag, a version.
_BOUNDARIES = "-@:./"


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a model from a day (UTC) on, in nano-USD per 1,000 tokens.

    Raises:
        ValueError: A name is empty or a price is out of range.
    """

    effective_date: date
    provider: str
    model: str
    prompt_nano: int
    completion_nano: int

    def __post_init__(self) -> None:
        if not self.provider or not self.model:
            raise ValueError(f"a price needs a provider and a model, got {self.provider!r} and {self.model!r}")
        for nano in (self.prompt_nano, self.completion_nano):
            if not 0 <= nano <= MAX_PRICE_NANO:
                raise ValueError(f"the price of {self.model!r} must be 0 to {MAX_PRICE_NANO} nano-USD, got {nano}")


_SEED_DATE = date(2024, 1, 1)
# List prices without volume or batch discounts. Names are undated, so that they match every dated one.
SEED_PRICES = tuple(
    Price(_SEED_DATE, provider, model, prompt_nano, completion_nano)
    for provider, model, prompt_nano, completion_nano in (
        ("openai", "gpt-4o", 2_500_000, 10_000_000),
        ("openai", "gpt-4o-mini", 150_000, 600_000),
        ("openai", "gpt-4-turbo", 10_000_000, 30_000_000),
        ("openai", "gpt-4", 30_000_000, 60_000_000),
        ("openai", "gpt-3.5-turbo", 500_000, 1_500_000),
        ("openai", "o1-preview", 15_000_000, 60_000_000),
        ("openai", "o1-mini", 3_000_000, 12_000_000),
        ("anthropic", "claude-sonnet-4.5", 3_000_000, 15_000_000),
        ("anthropic", "claude-3-5-sonnet", 3_000_000, 15_000_000),
        ("anthropic", "claude-3-5-haiku", 1_000_000, 5_000_000),
        ("anthropic", "claude-3-opus", 15_000_000, 75_000_000),
        ("anthropic", "claude-3-sonnet", 3_000_000, 15_000_000),
        ("anthropic", "claude-3-haiku", 250_000, 1_250_000),
        ("google", "gemini-2.5-pro", 1_250_000, 5_000_000),
        ("google", "gemini-1.5-pro", 1_250_000, 5_000_000),
        ("google", "gemini-2.5-flash", 75_000, 300_000),
        ("google", "gemini-1.5-flash", 75_000, 300_000),
        ("mistral", "mistral-large", 2_000_000, 6_000_000),
        ("mistral", "mistral-small", 200_000, 600_000),
        ("mistral", "mistral-7b", 0, 0),
    )
)


class PriceList:
    """Prices to look up by the name a model is called by. Upper and lower case are the same."""

    def __init__(self, prices: Iterable[Price]) -> None:
        """Index the prices.

        Raises:
            ValueError: Two prices are for the same provider, model and day.
        """
        self._by_name: dict[tuple[str, str], list[Price]] = {}
        for price in sorted(prices, key=lambda p: (p.effective_date, p.provider, p.model)):
            provider, model = price.provider.lower(), price.model.lower()
            history = self._by_name.setdefault((provider, model), [])
            if history and history[-1].effective_date == price.effective_date:
                raise ValueError(f"{provider} {model} has two prices from {price.effective_date} on")
            history.append(price)
        self._providers = sorted({provider for provider, _ in self._by_name})

    def find(self, provider: str, model: str, day: date) -> Price | None:
        """Return the price of a model on a day, None when there is none.

        The longest listed name that begins the name of the model decides, if what follows begins with one of
        `- @ : . /`; of its prices, the newest that is in force on the day. "vendor/model" is first looked up as it
        stands, then as "model" of the provider, then as "model" of the vendor.

        Args:
            provider: Who serves the model; empty when not known: then any provider that lists it.
            model: Name in requests, such as "gpt-4o-2024-08-06" or "openai/gpt-4o".
            day: UTC day of the request.
        """
        for owner, name in _spellings(provider.lower(), model.lower()):
            for prefix in _prefixes(name):
                owners = [owner] if owner else self._providers
                listed = [self._by_name[key] for key in ((o, prefix) for o in owners) if key in self._by_name]
                if listed:
                    in_force = (_newest(prices, day) for prices in listed)
                    # A name that is listed for later only is not another, shorter name.
                    return next((price for price in in_force if price is not None), None)
        return None


def _newest(prices: list[Price], day: date) -> Price | None:
    """Return the last of prices in the order of their dates that is in force on the day."""
    position = bisect_right(prices, day, key=lambda price: price.effective_date)
    return prices[position - 1] if position else None


def _spellings(provider: str, model: str) -> Iterator[tuple[str, str]]:
    """Yield (provider, name) pairs a model may be listed under, the most literal first; empty: any provider."""
    yield provider, model
    rest = model
    while "/" in rest:
        vendor, _, rest = rest.partition("/")
        if provider:
            yield provider, rest
        if vendor:
            yield vendor, rest
        if not provider:
            yield "", rest


def _prefixes(name: str) -> Iterator[str]:
    """Yield the name and its beginnings up to a boundary, longest first.

    A point between two digits belongs to a version: gpt-4.1 is no gpt-4.
    """
    yield name
    for end in range(len(name) - 1, 0, -1):
        if name[end] in _BOUNDARIES and not (name[end] == "." and name[end - 1 : end + 2 : 2].isdigit()):
            yield name[:end]


def cost_nano(tokens: Ints, nano_per_1k: int | None) -> Ints:
    """Return what each number of tokens costs in nano-USD, a half rounded up; -1 where it is not known.

    It is not known without a price, and where the number of tokens is negative ("not defined") or absurd
    (above `MAX_TOKENS`).
    """
    if nano_per_1k is None:
        return np.full(len(tokens), UNKNOWN_COST, np.int64)
    known = (tokens >= 0) & (tokens <= MAX_TOKENS)
    thousands, rest = np.divmod(np.where(known, tokens, 0).astype(np.int64), 1000)
    # Apart, because the product of all tokens and a price in nano-USD may not fit.
    costs = thousands * nano_per_1k + (rest * nano_per_1k + 500) // 1000
    return np.where(known, costs, UNKNOWN_COST)
