"""Every weakness of the systems that loadcell replaces is disproved by a test of its name, or cannot occur here.

M1 to M21 concern the validity of what is measured, F1 to F20 what a program does. The list is complete; a test
that disproves one is called `test_<number>_<what holds instead>`.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from scripts.coverage_floor import FLOOR_PERCENT, judged

ROOT = Path(__file__).resolve().parents[2]

DISPROVED = [
    "M1",  # prompts shorter than asked for
    "M2",  # the same prompt again and again, served from a cache
    "M3",  # connecting inside the timed region
    "M4",  # closing the connection inside the timed region
    "M5",  # events counted as tokens
    "M6",  # gaps between events taken for gaps between tokens
    "M7",  # reasoning and tool calls not seen
    "M8",  # failures counted as successes
    "M9",  # events split at characters that do not end a line
    "M10",  # coordinated omission
    "M11",  # failures left out of the statistics
    "M12",  # a level stretched by its last request
    "M13",  # a level that never reaches its concurrency
    "M14",  # output of any length
    "M15",  # several formulas for one name
    "M16",  # a failed level is the fastest
    "M17",  # the client measures itself
    "M18",  # a trickling stream never times out
    "M19",  # a warm-up over another path than the load
    "F1",  # a run with two identifiers
    "F2",  # zero, empty and negative levels
    "F3",  # fields accepted and dropped
    "F4",  # a model is told of no failures
    "F5",  # one failure leaves the other requests running
    "F6",  # counting tokens needs the network
    "F7",  # a recommendation that does not carry the peak, with a formula that was not computed
    "F8",  # the length of a page taken for the total
    "F9",  # infinities, missing and dropped runs in a comparison
    "F10",  # a failed run without reason and end
    "F11",  # progress above 100 percent
    "F12",  # no live figures of a level bounded by time
    "F14",  # equal levels taken for one
    "F16",  # a comparison with the server that passes without one
    "F17",  # times in several zones and formats
    "F18",  # files missing from what is shipped
    "F19",  # base URLs with a slash at their end
    "F20",  # checks that do not block
]
DOES_NOT_APPLY = {
    "M20": "no Triton dialect yet; whoever adds one adds its test",
    "M21": "nothing is said of the server's machine; figures of an agent's host stand under the agent's name",
    "F13": "no page that shows the progress of a run yet; the command shows every level whole at every update",
    "F15": "logs of the server are not read, whatever older clients ask for",
}


@cache
def named() -> set[str]:
    """The weaknesses that tests are named after."""
    pattern = re.compile(r"^\s*(?:async )?def test_([MF]\d+)_", re.MULTILINE)
    sources = (ROOT / "tests").rglob("test_*.py")
    return {number for source in sources for number in pattern.findall(source.read_text(encoding="utf-8"))}


def test_the_list_is_complete_and_says_one_thing_of_each():
    every = [f"M{number}" for number in range(1, 22)] + [f"F{number}" for number in range(1, 21)]
    assert sorted([*DISPROVED, *DOES_NOT_APPLY]) == sorted(every)


@pytest.mark.parametrize("number", DISPROVED)
def test_a_weakness_is_disproved_by_a_test_of_its_name(number: str):
    assert number in named()


@pytest.mark.parametrize("number", DOES_NOT_APPLY)
def test_what_is_tested_does_apply(number: str):
    assert number not in named()


def test_F20_checks_and_the_floor_of_coverage_block_a_merge():
    before_a_merge = (ROOT / ".ci/run").read_text()
    assert "set -e" in before_a_merge
    assert "make lint" in before_a_merge
    assert "make test" in before_a_merge
    assert "scripts/coverage_floor.py" in (ROOT / "Makefile").read_text()
    assert FLOOR_PERCENT >= 85
    enough, little = {"covered_lines": 85, "missing_lines": 15}, {"covered_lines": 84, "missing_lines": 16}
    assert [judged(found)[1] for found in (enough, little, {})] == [True, False, False]
