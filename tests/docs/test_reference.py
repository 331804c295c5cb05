"""The generated parts of the pages are what the code says now."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.__main__ import CASES
from benchmarks.sizes import Sizes
from loadcell import settings
from scripts import reference

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("page", reference.PAGES)
def test_page_is_up_to_date(page: str) -> None:
    assert reference.rendered(page) == (DOCS / page).read_text(), "run `make docs`"


def test_every_service_has_settings() -> None:
    processes = {process for process, _ in reference.settings_classes()}
    assert {"controller", "agent", "gateway"} <= processes


def test_every_figure_and_size_is_described() -> None:
    page = (DOCS / "performance.md").read_text()
    assert [name for name in CASES if name not in page] == []
    for info, default in settings.describe(Sizes):
        assert f"| `{info.names[0]}` | {default} |" in page
