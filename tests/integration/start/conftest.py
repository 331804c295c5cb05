from __future__ import annotations

import pytest

from loadcell import logs
from tests.integration.controller.conftest import controller, start
from tests.integration.security.certificates import Authority

__all__ = ["controller", "start"]


@pytest.fixture
def ca(tmp_path):
    return Authority(tmp_path, "ours")


@pytest.fixture(autouse=True)
def log_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep commands of this process from logging to a standard error that is closed when the test ends."""
    monkeypatch.setattr(logs, "configure", lambda service, level="info": None)
