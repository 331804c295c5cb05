"""The runbook speaks of events, metrics, settings and words that exist, and leaves out no event of trouble."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadcell import settings
from loadcell.errors import REASONS
from loadcell.v1 import agent_pb2, fleet_pb2, run_pb2, sample_pb2
from scripts.reference import METRICS as PROCESSES
from scripts.reference import metric_names, settings_classes

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "runbook.md").read_text()
SPANS = set(re.findall(r"`([^`\n]+)`", TEXT))
TROUBLE = {"warning", "error", "exception"}


def events() -> Iterator[tuple[str, str]]:
    """Level and name of every event that a service may log."""
    for service in ("controller", "agent", "gateway"):
        for path in (ROOT / service).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id in ("log", "_log")
                    and node.args
                ):
                    for name in ast.walk(node.args[0]):
                        if isinstance(name, ast.Constant) and isinstance(name.value, str):
                            yield node.func.attr, name.value


EVENTS = set(events())
METRICS = {metric.name for process in PROCESSES for metric in metric_names(process)}
SETTINGS = {name for _, cls in settings_classes() for info, _ in settings.describe(cls) for name in info.names}
WORDS = {
    name.removeprefix(prefix)
    for enum, prefix in (
        (run_pb2.RunState, "RUN_STATE_"),
        (agent_pb2.LeaseState, "LEASE_STATE_"),
        (fleet_pb2.AgentState, "AGENT_STATE_"),
        (sample_pb2.SampleStatus, "SAMPLE_STATUS_"),
    )
    for name, _ in enum.items()
} | set(REASONS)


@pytest.mark.parametrize("span", sorted(SPANS))
def test_what_is_named_exists(span: str) -> None:
    if re.fullmatch(r"(LOADCELL|LLM|TEST)_\w+", span):
        assert span in SETTINGS
    elif re.fullmatch(r"(loadcell|http)_\w+", span):
        assert span in METRICS
    elif re.fullmatch(r"[A-Z]+(_[A-Z]+)*", span):
        assert span in WORDS
    elif re.fullmatch(r"[a-z]+(_[a-z]+)+", span):
        assert span in METRICS | {name for _, name in EVENTS}
    else:
        assert re.match(r"(make|loadcell) |[\w./-]+$|[a-z_]+[=<>]", span), "a span of a kind that no test looks at"


@pytest.mark.parametrize("event", sorted({name for level, name in EVENTS if level in TROUBLE}))
def test_every_event_of_trouble_is_explained(event: str) -> None:
    assert event in SPANS
