"""The script of charts is that of the package, and without the package there is no dashboard."""

from __future__ import annotations

import pytest

from gateway.web import charts


def test_its_address_follows_from_its_content_and_its_own_sheets_are_known() -> None:
    found = charts.chart_script()
    assert len(found.digest) == 16
    assert charts.script_path().stat().st_size > 1_000_000
    for sheet in found.sheets:
        assert sheet.encode() in charts.script_path().read_bytes()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "find_spec", lambda _name: None)
    with pytest.raises(ModuleNotFoundError, match=r"install loadcell\[gateway\]"):
        charts.script_path()
