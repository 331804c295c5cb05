"""An audit of the dependencies that could not be made is no clean one, and says so."""

from __future__ import annotations

import pytest

from scripts.audit_dependencies import judge

CLEAN = {"name": "a", "version": "1", "vulns": []}
BAD = {
    "name": "b",
    "version": "2",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}, {"id": "X", "fix_versions": []}],
}
UNKNOWN = {"name": "c", "skip_reason": "Dependency not found: c (3)"}


@pytest.mark.parametrize("report", ["ConnectionError: no route", [], [UNKNOWN], [UNKNOWN, UNKNOWN]])
def test_what_nobody_could_tell_is_said_to_be_skipped(report):
    code, text = judge(report)
    assert (code, text.startswith("SKIPPED: ")) == (0, True)
    assert "no known" not in text


def test_a_vulnerability_fails_and_is_named_with_its_remedy():
    code, text = judge([CLEAN, BAD, UNKNOWN])
    assert code == 1
    assert "b 2: PYSEC-1, fixed in 3" in text
    assert "b 2: X, fixed in no version" in text


def test_what_is_clean_is_counted_and_the_rest_is_named():
    assert judge([CLEAN]) == (0, "pip-audit: no known vulnerabilities in 1 dependencies")
    assert judge([CLEAN, UNKNOWN])[1].endswith("; SKIPPED, for they are not known there: c")
