"""What a run ends with of its analysis."""

from loadcell.cli.analysis_lines import analysis_lines
from loadcell.v1 import analysis_pb2
from tests.unit.cli.shown_text import text_of


def test_findings_are_told_in_short_but_for_what_the_tables_tell():
    findings = [
        analysis_pb2.AnalysisFinding(code=code, severity=severity, title=title, sentences=["a long story"])
        for code, severity, title in (
            ("OVERVIEW", "info", "What was measured"),
            ("CLIENT_CPU", "critical", "The client was short of CPU"),
            ("RECOMMENDED_AT_KNEE", "info", "Recommended: [c=10]"),
        )
    ]
    shown = text_of(analysis_lines(analysis_pb2.Analysis(findings=findings))).splitlines()
    assert [line.strip() for line in shown[1:]] == ["The client was short of CPU", "Recommended: [c=10]"]
    assert text_of(analysis_lines(analysis_pb2.Analysis(findings=findings[:1]))).strip() == ""
