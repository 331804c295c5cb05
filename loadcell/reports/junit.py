"""Gates as JUnit XML, which CI services show as tests: a suite for each run, a case for each gate and level."""

import re
from itertools import groupby
from xml.etree import ElementTree as Xml  # nosec B405

from loadcell.reports.markdown import key_name
from loadcell.v1 import run_pb2

# What XML 1.0 has no way to write. (B405 is about reading XML, which is not done here.)
_UNWRITABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(comparison: run_pb2.CompareRunsResponse) -> bytes:
    """Return the outcomes of the gates of a comparison as a document."""
    gates = sorted(comparison.gates, key=lambda gate: gate.run_id)
    root = Xml.Element("testsuites", {"name": "loadcell gates", **_counts(gates)})
    for run_id, group in groupby(gates, key=lambda gate: gate.run_id):
        outcomes = list(group)
        suite = Xml.SubElement(root, "testsuite", {"name": _text(run_id), **_counts(outcomes), "skipped": "0"})
        for outcome in outcomes:
            case = Xml.SubElement(
                suite,
                "testcase",
                classname=f"loadcell.{_text(key_name(outcome.level)) or 'gates'}",
                name=_text(outcome.gate),
                time="0",
            )
            sentence = _text(outcome.sentence)
            if outcome.passed:
                Xml.SubElement(case, "system-out").text = sentence
            else:
                Xml.SubElement(case, "failure", message=sentence, type="gate").text = sentence
    Xml.indent(root)
    written: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _counts(gates: list[run_pb2.GateOutcome]) -> dict[str, str]:
    failures = sum(not gate.passed for gate in gates)
    return {"tests": str(len(gates)), "failures": str(failures), "errors": "0", "time": "0"}


def _text(text: str) -> str:
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)
