"""Prices by model name and day, and costs against exact fractions."""

from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcell.stats.pricing import (
    MAX_PRICE_NANO,
    MAX_TOKENS,
    NANO_PER_USD,
    SEED_PRICES,
    Price,
    PriceList,
    cost_nano,
)

DAY = date(2025, 6, 1)
SEED = PriceList(SEED_PRICES)


def price(model: str, prompt_nano: int = 1, *, provider: str = "openai", since: date = date(2024, 1, 1)) -> Price:
    return Price(since, provider, model, prompt_nano, 0)


def found(provider: str, model: str, prices: PriceList = SEED, day: date = DAY) -> str | None:
    match = prices.find(provider, model, day)
    return None if match is None else match.model


def test_W49_seed_prices_are_those_of_the_list() -> None:
    usd = {
        p.model: (Fraction(p.prompt_nano, NANO_PER_USD), Fraction(p.completion_nano, NANO_PER_USD))
        for p in SEED_PRICES
    }
    assert len(usd) == len(SEED_PRICES) == 20
    assert usd["gpt-4o"] == (Fraction("0.0025"), Fraction("0.010"))
    assert usd["gpt-3.5-turbo"] == (Fraction("0.0005"), Fraction("0.0015"))
    assert usd["claude-3-haiku"] == (Fraction("0.00025"), Fraction("0.00125"))
    assert usd["gemini-2.5-flash"] == usd["gemini-1.5-flash"] == (Fraction("0.000075"), Fraction("0.0003"))
    assert usd["mistral-7b"] == (Fraction(0), Fraction(0))


@pytest.mark.parametrize(
    ("model", "listed"),
    [
        ("gpt-4o", "gpt-4o"),
        ("GPT-4o", "gpt-4o"),
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("gpt-4o@2024-08-06", "gpt-4o"),
        ("gpt-4o-mini", "gpt-4o-mini"),
        ("gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("gpt-4-0613", "gpt-4"),
        ("gpt-4-turbo-preview", "gpt-4-turbo"),
        ("gpt-3.5-turbo-0125", "gpt-3.5-turbo"),
        ("claude-3-opus", "claude-3-opus"),
        ("claude-3-opus-20240229", "claude-3-opus"),
        ("claude-3-5-sonnet-20241022", "claude-3-5-sonnet"),
        ("claude-3-5-haiku-20241022", "claude-3-5-haiku"),
        ("claude-3-sonnet-20240229", "claude-3-sonnet"),
        ("claude-3-haiku-20240307", "claude-3-haiku"),
        ("mistral-large-latest", "mistral-large"),
        ("mistral-small-latest", "mistral-small"),
        ("mistral-7b:q4_0", "mistral-7b"),
        ("mistral-7b.gguf", "mistral-7b"),
        ("openai/gpt-4o", "gpt-4o"),
        ("openrouter/openai/gpt-4o-mini", "gpt-4o-mini"),
        ("models/gemini-1.5-pro-002", "gemini-1.5-pro"),
        ("gpt-4.1", None),
        ("gpt-4.5-preview", None),
        ("gpt-4omni", None),
        ("gpt-40", None),
        ("gpt", None),
        ("my-gpt-4o", None),
        ("claude-3", None),
        ("openai/", None),
        ("", None),
    ],
)
def test_W49_models_resolve_by_the_longest_listed_name(model: str, listed: str | None) -> None:
    assert found("", model) == listed


@pytest.mark.parametrize(
    ("provider", "model", "listed"),
    [
        ("openai", "gpt-4o-2024-08-06", "gpt-4o"),
        ("OpenAI", "gpt-4o", "gpt-4o"),
        ("anthropic", "gpt-4o", None),
        ("vllm", "gpt-4o", None),
        ("openrouter", "openai/gpt-4o", "gpt-4o"),
        ("google", "models/gemini-1.5-pro", "gemini-1.5-pro"),
        ("vllm", "/models/mistral-7b", None),
        ("vllm", "mistralai/Mistral-7B-Instruct-v0.2", None),
    ],
)
def test_prices_are_those_of_the_provider(provider: str, model: str, listed: str | None) -> None:
    assert found(provider, model) == listed


def test_the_most_literal_spelling_wins() -> None:
    prices = PriceList(
        [
            price("gpt-4o", 1),
            price("gpt-4o", 2, provider="azure"),
            price("openai/gpt-4o", 3, provider="openrouter"),
        ]
    )

    def prompt_nano(provider: str, model: str) -> int | None:
        match = prices.find(provider, model, DAY)
        return None if match is None else match.prompt_nano

    assert prompt_nano("openrouter", "openai/gpt-4o") == 3
    assert prompt_nano("azure", "openai/gpt-4o") == 2
    assert prompt_nano("", "openai/gpt-4o-mini") == 3
    assert prompt_nano("", "proxy/openai/gpt-4o") == 3
    assert prompt_nano("litellm", "openai/gpt-4o") == 1
    assert prompt_nano("", "azure/gpt-4o") == prompt_nano("", "gpt-4o") == 2


def test_the_newest_price_in_force_on_the_day_holds() -> None:
    prices = PriceList(
        [
            price("gpt-4o", 3, since=date(2025, 3, 1)),
            price("gpt-4o", 1),
            price("gpt-4o", 2, since=date(2025, 2, 1)),
            price("gpt-4o-mini", 9, since=date(2025, 2, 1)),
        ]
    )
    by_day = {
        date(2023, 12, 31): None,
        date(2024, 1, 1): 1,
        date(2025, 1, 31): 1,
        date(2025, 2, 1): 2,
        date(2025, 3, 1): 3,
        date(2030, 1, 1): 3,
    }
    for day, prompt_nano in by_day.items():
        match = prices.find("openai", "gpt-4o-2024-08-06", day)
        assert (match.prompt_nano if match else None) == prompt_nano
    assert found("openai", "gpt-4o-mini", prices, date(2025, 1, 31)) is None, "not the price of gpt-4o"
    assert found("openai", "gpt-4o-mini", prices, date(2025, 2, 1)) == "gpt-4o-mini"


names = st.lists(st.sampled_from(["gpt", "4", "4o", "mini", "large", "2024"]), min_size=1, max_size=4)


@given(st.lists(names.map("-".join), max_size=8, unique=True), names.map("-".join))
def test_the_match_is_the_longest_whole_beginning(listed: list[str], model: str) -> None:
    prices = PriceList([price(name) for name in listed])
    fitting = [name for name in listed if model == name or model.startswith(name + "-")]
    assert found("openai", model, prices) == max(fitting, key=len, default=None)


def test_two_prices_for_one_day_are_refused() -> None:
    with pytest.raises(ValueError, match="two prices"):
        PriceList([price("gpt-4o", 1), price("GPT-4o", 2)])


@pytest.mark.parametrize(
    ("provider", "model", "nano"), [("", "m", 0), ("p", "", 0), ("p", "m", -1), ("p", "m", MAX_PRICE_NANO + 1)]
)
def test_impossible_prices_are_refused(provider: str, model: str, nano: int) -> None:
    with pytest.raises(ValueError, match="price"):
        Price(DAY, provider, model, nano, 0)
    with pytest.raises(ValueError, match="price"):
        Price(DAY, provider, model, 0, nano)


@given(st.lists(st.integers(-1, MAX_TOKENS)), st.integers(0, MAX_PRICE_NANO))
def test_costs_are_exact_to_the_nano(tokens: list[int], nano_per_1k: int) -> None:
    expected = [(2 * n * nano_per_1k + 1000) // 2000 if n >= 0 else -1 for n in tokens]
    assert cost_nano(np.array(tokens, np.int64), nano_per_1k).tolist() == expected


def test_half_a_nano_is_rounded_up() -> None:
    assert cost_nano(np.array([1, 1, 3]), 500).tolist() == [1, 1, 2]
    assert cost_nano(np.array([1]), 499).tolist() == [0]


def test_what_is_not_known_costs_nobody_knows_what() -> None:
    assert cost_nano(np.array([-1, 0, 5, MAX_TOKENS + 1, 2**62]), 1000).tolist() == [-1, 0, 5, -1, -1]
    assert cost_nano(np.array([-1, 0, 5]), None).tolist() == [-1, -1, -1]
    assert cost_nano(np.zeros(0, np.int64), 1000).tolist() == []
