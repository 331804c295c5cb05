"""The page about analyses names every finding there is."""

from __future__ import annotations

import re
from pathlib import Path

from controller.analysis.words import language

PAGE = Path(__file__).resolve().parents[2] / "docs" / "analysis.md"


def test_every_finding_is_on_the_page() -> None:
    table = PAGE.read_text().partition("## By rules")[2].partition("## By a model")[0]
    assert sorted(re.findall(r"`([A-Z][A-Z0-9_]+)`", table)) == sorted(language("en").findings)
