"""Seeds of the fault suite.

FAULT_SEEDS says how many seeds every scenario is tried with (1), FAULT_SEED names the only one.
"""

from __future__ import annotations

import os

import pytest


def seeds() -> list[int]:
    if "FAULT_SEED" in os.environ:
        return [int(os.environ["FAULT_SEED"])]
    return list(range(1, int(os.environ.get("FAULT_SEEDS", "1")) + 1))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", seeds(), ids=lambda seed: f"seed{seed}")
