"""The diagrams in ARCHITECTURE.md are the tables in controller/lifecycle.py."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

from controller.lifecycle import LEASE_TRANSITIONS, RUN_TRANSITIONS, agent_state
from loadcell.v1 import agent_pb2, fleet_pb2, run_pb2

SECTION = (
    (Path(__file__).resolve().parents[2] / "ARCHITECTURE.md")
    .read_text()
    .partition("## State machines\n")[2]
    .partition("\n## ")[0]
)
DIAGRAMS = re.findall(r"```mermaid\n(.*?)```", SECTION, flags=re.DOTALL)


def edges(diagram: str) -> set[tuple[str, str]]:
    """Arrows of a state diagram."""
    return set(re.findall(r"^ *(\w+) --> (\w+)", diagram, flags=re.MULTILINE))


def closed(arrows: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Arrows and every way along them: whoever may skip states."""
    while more := {(a, d) for a, b in arrows for c, d in arrows if b == c} - arrows:
        arrows |= more
    return arrows


def test_there_is_a_diagram_for_runs_and_one_for_leases() -> None:
    assert len(DIAGRAMS) == 2


def test_runs() -> None:
    table = {
        (run_pb2.RunState.Name(a), run_pb2.RunState.Name(b)) for a, after in RUN_TRANSITIONS.items() for b in after
    }
    assert {(f"RUN_STATE_{a}", f"RUN_STATE_{b}") for a, b in edges(DIAGRAMS[0])} == table


def test_leases() -> None:
    name = agent_pb2.LeaseState.Name
    table = {(name(a), name(b)) for a, after in LEASE_TRANSITIONS.items() for b in after}
    assert {(f"LEASE_STATE_{a}", f"LEASE_STATE_{b}") for a, b in closed(edges(DIAGRAMS[1]))} == table


def test_agents() -> None:
    rows = [
        [cell.strip(" `") for cell in line.strip("|").split("|")]
        for line in SECTION.splitlines()
        if line.startswith(("| yes", "| no |"))
    ]
    for facts in product((True, False), repeat=3):
        words = ["yes" if fact else "no" for fact in facts]
        fits = [row for row in rows if all(cell in ("", word) for cell, word in zip(row, words, strict=False))]
        lost, draining, busy = facts
        state = agent_state(lost=lost, draining=draining, lease_count=int(busy))
        assert f"AGENT_STATE_{fits[0][3]}" == fleet_pb2.AgentState.Name(state), facts
