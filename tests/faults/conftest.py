"""Which scenarios are tried, and with which seeds.

Without anything said these are the scenarios marked `short`, each with one seed. FAULTS=long adds the others,
FAULT_SEEDS says how many seeds each is tried with, FAULT_SEED names the only one: what a failure told.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "short: a fault scenario that `make test` tries, too")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", seeds(), ids=lambda seed: f"seed{seed}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.environ.get("FAULTS") == "long":
        return
    long = [item for item in items if HERE in item.path.parents and item.get_closest_marker("short") is None]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


def seeds() -> list[int]:
    if "FAULT_SEED" in os.environ:
        return [int(os.environ["FAULT_SEED"])]
    return list(range(1, int(os.environ.get("FAULT_SEEDS", "1")) + 1))
