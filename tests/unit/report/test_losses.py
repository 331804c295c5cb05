"""What the result says of shares that agents have lost."""

from __future__ import annotations

from typing import Any

import pytest

from controller.report.document import build_result
from loadcell.stats.columns import CENSORED
from loadcell.v1 import agent_pb2, result_pb2, target_pb2
from tests.unit.report.run_facts import make_agent, make_lease, make_level, make_run
from tests.unit.stats.sample_rows import make_rows

SECOND = 1_000_000
LOST: dict[str, Any] = {
    "state": agent_pb2.LEASE_STATE_EXPIRED,
    "error": "not heard of for 10 s",
    "end_offset_micros": 4_200_000,
    "end_ordinal": 8,
}
PLAN = target_pb2.LevelPlan(rate=2.0, request_count=20)


def rows(censored: set[int], *more: dict[str, Any]):
    """Twenty arrivals, two a second, each 0.1 s long; even ones are of the first lease up to ordinal 8."""
    every = []
    for ordinal in range(20):
        lease = 1 if ordinal % 2 else 0 if ordinal < 8 else 2
        due = ordinal * SECOND // 2
        row = {
            "ordinal": ordinal,
            "scheduled_offset_micros": due,
            "start_offset_micros": due,
            "e2e_micros": 100_000,
        }
        row |= {"lease": lease, "agent": 0 if lease == 0 else 1}
        every.append(row | ({"status": CENSORED, "ttft_micros": -1} if ordinal in censored else {}))
    return make_rows(*every, *more)


def result(
    censored: set[int], *more: dict[str, Any], lost: dict[str, Any] = LOST, plan=PLAN
) -> result_pb2.RunResult:
    leases = [make_lease(0, **lost), make_lease(1), make_lease(1, succeeds=0)]
    level = make_level(rows(censored, *more), plan, leases=leases)
    return build_result(make_run(level, agents=[make_agent("a"), make_agent("b")]))


def test_lost_agent_is_named_with_what_is_not_known_and_who_took_over():
    found = result({4, 6})
    assert (found.results[0].total_requests, found.results[0].censored_requests) == (20, 2)
    (note,) = found.notes
    assert note == (
        "Agent a was lost 4.2 s into 2/s: not heard of for 10 s. 2 of its requests are CENSORED: the outcome is"
        " not known. What was left was taken over by b."
    )


def test_window_goes_on_with_those_who_took_over():
    """The last request the lost agent made, at 3 s, is no ramp-down."""
    assert result({4, 6}).results[0].window.end_seconds == pytest.approx(9.0, abs=0.6)


def test_requests_of_which_nobody_knows_are_not_counted_as_started():
    level = result({2, 4, 6}).results[0]
    assert level.achieved_rate < 2.0
    assert level.schedule_delay.count == 17


def test_lost_worker_is_named_when_the_lease_itself_went_on():
    (note,) = result({4}, lost={}).notes
    assert note == (
        "Agent a lost worker processes at 2/s. 1 of its requests is CENSORED: the outcome is not known."
        " What was left was taken over by b."
    )


def test_requests_made_twice_are_told():
    again = {"ordinal": 8, "lease": 0, "agent": 0, "start_offset_micros": 4 * SECOND}
    found = result(set(), again)
    assert found.results[0].total_requests == 21
    assert [note for note in found.notes if note.startswith("At 2/s 1 request was made twice")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"state": agent_pb2.LEASE_STATE_CANCELLED, "error": ""}, "Agent a stopped its share 4.2 s into 2/s."),
        ({"state": agent_pb2.LEASE_STATE_COMPLETED}, "Agent a was lost before all samples of 2/s were delivered."),
        ({"end_offset_micros": 0}, "Agent a was lost before 2/s started: not heard of for 10 s."),
    ],
)
def test_every_way_to_lose_a_share_has_its_sentence(changes, expected):
    (note,) = result(set(), lost=LOST | changes).notes
    assert note.startswith(expected)
