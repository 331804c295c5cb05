"""The script of charts is that of the package, and without the package there is no dashboard."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.web import charts


def test_its_address_follows_from_its_content_and_its_own_sheets_are_known() -> None:
    found = charts.chart_script()
    assert len(found.digest) == 16
    assert charts.script_path().stat().st_size > 1_000_000
    for sheet in found.sheets:
        assert sheet.encode() in charts.read_script()


def test_what_is_beyond_ascii_is_escaped_as_scripts_write_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "plotly.min.js"
    script.write_text('var a="\u4e00",b=/[\xb5m]/;', encoding="utf-8")
    monkeypatch.setattr(charts, "script_path", lambda: script)
    assert charts.read_script() == rb'var a="\u4e00",b=/[\xb5m]/;'


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "find_spec", lambda _name: None)
    with pytest.raises(ModuleNotFoundError, match=r"install loadcell\[gateway\]"):
        charts.script_path()
