"""Results and gates as the texts that pipelines and pull requests show, read back as their readers do."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as Xml

import pytest

from loadcell.cli.failure import EXIT_GATE_MISSED, CommandError
from loadcell.cli.gates import check_junit, tell_gates
from loadcell.cli.report import ReportFormat, identified, report, report_format
from loadcell.reports.annotations import annotations
from loadcell.reports.junit import junit
from loadcell.reports.markdown import code, markdown
from loadcell.v1 import result_pb2, run_pb2

# What the schema that Jenkins publishes for its readers (junit-10.xsd) says: attributes that must be there, those
# that may be, and what may be inside.
SCHEMA: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "disabled", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests"},
        {"failures", "errors", "time", "disabled", "skipped", "timestamp", "hostname", "id", "package"},
        {"testcase", "properties", "system-out", "system-err"},
    ),
    "testcase": (
        {"name", "classname"},
        {"time", "assertions", "status"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": (set(), {"type", "message"}, set()),
    "system-out": (set(), set(), set()),
}
NASTY = "a|b`c\n<script>@team\x1b[31m [x](y) ``"


def gate(run_id: str, level: str, *, passed: bool, sentence: str = "ttft.p99:+5%: why") -> run_pb2.GateOutcome:
    return run_pb2.GateOutcome(gate="ttft.p99:+5%", run_id=run_id, level=level, passed=passed, sentence=sentence)


def comparison(*gates: run_pb2.GateOutcome) -> run_pb2.CompareRunsResponse:
    delta = run_pb2.MetricDelta(
        run_id="new", level="10", metric="ttft.p99", unit="ms", base_value=20, value=25, change=5, verdict="worse"
    )
    delta.change_low, delta.change_high, delta.change_percent = 4.25, 5.75, 25
    unsure = run_pb2.MetricDelta(run_id="new", level="rate:5", metric="throughput", verdict="unknown")
    hidden = run_pb2.MetricDelta(run_id="new", level="10", metric="icl.std", verdict="worse")
    return run_pb2.CompareRunsResponse(deltas=[delta, unsure, hidden], gates=gates)


def result(**of_level: object) -> result_pb2.RunResult:
    made = result_pb2.RunResult(
        run_id="new", status="completed", model=NASTY, server_url="http://x", duration_seconds=61, notes=[NASTY]
    )
    made.started_at.FromJsonString("2026-01-31T12:00:00Z")
    made.verdict.status = "client_limited"
    level = made.results.add(concurrency=10, total_requests=1_234, failed_requests=5, **of_level)
    level.ttft.p50, level.e2e_latency.p99 = 20.5, 12_345
    level.errors["timeout"] = 5
    level.error_messages["timeout"] = NASTY
    level.verdict.reasons.append("the CPU was full")
    return made


def cells(text: str, first: str) -> list[str]:
    (row,) = [row for row in text.splitlines() if row.startswith(f"| {first} ")]
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]


def test_settings_that_differ_stand_before_the_changes():
    found = comparison()
    assert "Settings" not in markdown([result()], found)
    found.setting_differences.add(run_id="new", setting="model", base_value="A", value=NASTY)
    text = markdown([result()], found)
    assert text.index("## Settings that differ from the first run") < text.index(
        "## Changes against the first run"
    )
    assert cells(text, "`new` | `model`")[:3] == ["`new`", "`model`", "`A`"]
    assert "<script>" not in re.sub(r"(`+).*?\1", "", text)


def test_a_result_is_read_back_from_its_tables():
    text = markdown([result(throughput_tokens_per_sec=4_321.0)])
    level = dict(zip(cells(text, "level"), cells(text, "c=10"), strict=True))
    assert (level["requests"], level["errors"], level["tokens/s"]) == ("1,234", "5", "4,321")
    assert (level["TTFT p50 ms"], level["TTFT p99 ms"], level["E2E p99 ms"]) == ("20.5", "-", "12,345")
    assert cells(text, "run")[1] == "`new`"
    assert cells(text, "begun")[1] == "2026-01-31 12:00:00 UTC, took 1:01"
    assert cells(text, "client")[1] == "client limited"
    assert "- c=10: 5 x timeout: " in text
    assert "- c=10: `the CPU was full`" in text


def test_nothing_from_outside_is_markup():
    written = code(NASTY)
    assert written == "``` a|b`c <script>@team [31m [x](y) `` ```"
    assert (code(""), code(" \n"), code("a" * 300)) == ("-", "-", f"`{'a' * 200}...`")
    text = markdown([result()], comparison(gate(NASTY, "10", passed=False, sentence=NASTY)))
    assert NASTY not in text
    assert re.sub(r"(`+) ?.*?[^`]\1(?!`)", "", text).count("<script>") == 0
    widths = {len(re.split(r"(?<!\\)\|", row)) for row in text.splitlines() if row.startswith("| level")}
    assert widths == {14}
    # A bar is led by a backslash where it would end a cell, and nowhere else.
    told = [line for line in text.splitlines() if "b`c" in line]
    assert {"a\\|b" in line for line in told if line.startswith("| ")} == {True}
    assert {"a\\|b" in line for line in told if not line.startswith("| ")} == {False}


def test_a_comparison_begins_with_its_gates_and_missed_ones_first():
    gates = [gate("new", "10", passed=True), gate("new", "rate:5", passed=False)]
    text = markdown([], comparison(*gates))
    assert text.startswith("## Gates: **1 of 2 missed**")
    rows = [row for row in text.splitlines() if row.startswith("| `ttft")]
    assert "**missed**" in rows[0]
    assert "| 5/s |" in rows[0]
    assert "| `new` | c=10 | ttft.p99 | 20.0 | 25.0 | +25.0 % | +4.25 to +5.75 | **worse** |" in text
    assert "| `new` | 5/s | throughput | - | - | - | - | unknown |" in text
    assert "icl.std" not in text
    assert "all 1 passed" in markdown([], comparison(gates[0]))


def test_the_baseline_of_a_comparison_is_among_the_runs_of_its_report():
    compared = comparison()
    for run_id in ("base", "new"):
        compared.by_concurrency["10"].runs.add(run_id=run_id)
    assert identified(["baseline", "new"], compared) == ["base", "new"]
    assert identified(["base", "new"], compared) == ["base", "new"]
    assert identified(["new"], None) == ["new"]


def test_a_baseline_alone_is_compared_with_nothing():
    with pytest.raises(CommandError, match="give its RUN_ID, too"):
        report(run_ids=["baseline"])


def test_long_reports_are_cut_where_it_is_said():
    many = [gate("new", str(number + 1), passed=number % 2 == 0) for number in range(250)]
    text = markdown([], comparison(*many))
    assert "and 150 more" in text
    assert text.count("| **missed** |") == 100


def test_gates_are_junit_that_others_read():
    root = Xml.fromstring(
        junit(
            comparison(
                gate("b", "10", passed=True),
                gate(
                    "a", "rate:5", passed=False, sentence='<&"\x00\ud83d\ude00'.encode("utf-8", "replace").decode()
                ),
                gate("b", "", passed=False, sentence=NASTY),
            )
        )
    )
    for element in root.iter():
        must, may, inside = SCHEMA[element.tag]
        assert must <= set(element.keys()) <= must | may, element.tag
        assert {child.tag for child in element} <= inside
    assert (root.get("tests"), root.get("failures")) == ("3", "2")
    told = {
        (suite.get("name"), case.get("classname"), case.get("name")): case.find("failure")
        for suite in root
        for case in suite
    }
    assert told.keys() == {
        ("a", "loadcell.5/s", "ttft.p99:+5%"),
        ("b", "loadcell.c=10", "ttft.p99:+5%"),
        ("b", "loadcell.gates", "ttft.p99:+5%"),
    }
    assert told["b", "loadcell.c=10", "ttft.p99:+5%"] is None
    failure = told["a", "loadcell.5/s", "ttft.p99:+5%"]
    assert failure is not None
    assert failure.get("message") == failure.text
    assert [(suite.get("tests"), suite.get("failures")) for suite in root] == [("1", "1"), ("2", "1")]
    assert list(Xml.fromstring(junit(run_pb2.CompareRunsResponse()))) == []


def read_command(line: str) -> tuple[str, str, str]:
    """As the runner of GitHub Actions reads it."""
    found = re.fullmatch(r"::(\w+) title=([^,:]*)::([^\n\r]*)", line)
    assert found is not None, line
    return found[1], unquote(found[2]), unquote(found[3])


def test_missed_gates_are_annotations():
    sentence = "100% worse,\nby: far"
    lines = list(
        annotations(comparison(gate("b", "10", passed=True), gate("a", "5", passed=False, sentence=sentence)))
    )
    assert [read_command(line) for line in lines] == [
        ("error", "gate ttft.p99:+5% missed at c=5", f"a: {sentence}")
    ]
    (passed,) = annotations(comparison(gate("b", "10", passed=True)))
    assert read_command(passed) == ("notice", "gates passed", "all 1 gates passed")
    assert list(annotations(comparison())) == []
    many = list(annotations(comparison(*(gate("a", str(n + 1), passed=False) for n in range(25)))))
    assert len(many) == 10
    assert read_command(many[-1])[2] == "16 more of 25 gates were missed"


@pytest.mark.parametrize(
    ("github", "variable", "annotated"),
    [(None, "", False), (None, "true", True), (False, "true", False), (True, "", True)],
)
def test_gates_are_told_to_those_who_ask(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    github: bool | None,
    variable: str,
    annotated: bool,
):
    monkeypatch.setenv("GITHUB_ACTIONS", variable)
    file = tmp_path / "gates.xml"
    with pytest.raises(CommandError, match="1 of 2 gates missed") as missed:
        tell_gates(
            comparison(gate("b", "10", passed=True), gate("b", "20", passed=False)), junit=file, github=github
        )
    assert missed.value.exit_code == EXIT_GATE_MISSED
    assert Xml.fromstring(file.read_bytes()).get("failures") == "1"
    said = capsys.readouterr()
    assert (said.out, "::error" in said.err) == ("", annotated)
    tell_gates(comparison(gate("b", "10", passed=True)), junit=None, github=False)


def test_a_file_of_gates_needs_gates(tmp_path: Path):
    with pytest.raises(CommandError, match="needs --gate"):
        check_junit(tmp_path / "x.xml", None)
    with pytest.raises(CommandError, match=r"--junit '/proc/x\.xml'"):
        check_junit(Path("/proc/x.xml"), ["ttft.p99:+5%"])
    check_junit(None, None)


def test_the_ending_or_the_format_says_what_a_report_is():
    assert report_format(None, None) is ReportFormat.MARKDOWN
    assert report_format(None, Path("x.MD")) is ReportFormat.MARKDOWN
    assert report_format(None, Path("x.html")) is ReportFormat.HTML
    assert report_format(ReportFormat.MARKDOWN, Path("x.html")) is ReportFormat.MARKDOWN
    with pytest.raises(CommandError, match=r"--output 'x\.txt': the ending must be one of \.md, "):
        report_format(None, Path("x.txt"))
