"""Transitions, limits, identifiers, ownership and cursors: the small pure parts of the controller."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from controller.dispatch.limits import asset_limit, prepare_limit, run_limit, share_limit
from controller.dispatch.ownership import may_take_over, owner_id
from controller.identifiers import new_run_id
from controller.lifecycle import (
    LEASE_TRANSITIONS,
    RUN_TRANSITIONS,
    STATUS_WORDS,
    check_lease,
    check_run,
    lease_ended,
    run_ended,
)
from controller.query import cursor
from controller.settings import ControllerSettings
from loadcell.errors import LoadcellError
from loadcell.settings import load
from loadcell.v1 import agent_pb2, result_pb2, run_pb2, target_pb2

Run, Lease = run_pb2.RunState, agent_pb2.LeaseState
ENDED_RUNS = {Run.RUN_STATE_COMPLETED, Run.RUN_STATE_FAILED, Run.RUN_STATE_CANCELLED}
ENDED_LEASES = {
    Lease.LEASE_STATE_COMPLETED,
    Lease.LEASE_STATE_FAILED,
    Lease.LEASE_STATE_CANCELLED,
    Lease.LEASE_STATE_EXPIRED,
}


def test_every_state_has_its_transitions_and_word():
    assert set(RUN_TRANSITIONS) == set(STATUS_WORDS) == set(Run.values()) - {0}
    assert set(LEASE_TRANSITIONS) == set(Lease.values()) - {0}
    assert {state for state in RUN_TRANSITIONS if run_ended(state)} == ENDED_RUNS
    assert {state for state in LEASE_TRANSITIONS if lease_ended(state)} == ENDED_LEASES


def test_illegal_transitions_raise():
    for check, table in ((check_run, RUN_TRANSITIONS), (check_lease, LEASE_TRANSITIONS)):
        for current, allowed in table.items():
            for new in table:
                if new in allowed:
                    check(current, new)
                else:
                    with pytest.raises(LoadcellError) as refused:
                        check(current, new)
                    assert refused.value.reason == "ILLEGAL_TRANSITION"


def test_no_state_leads_back():
    for table in (RUN_TRANSITIONS, LEASE_TRANSITIONS):
        for state in table:
            reached, todo = set(), list(table[state])
            while todo:
                one = todo.pop()
                if one not in reached:
                    reached.add(one)
                    todo += table[one]
            assert state not in reached


def test_limits_hold_the_longest_honest_level():
    closed = target_pb2.LevelPlan(concurrency=10, request_count=100, warmup_count=25)
    assert prepare_limit(closed, 5) > 3 * 5
    assert run_limit(closed, 5) > 10 * 5
    assert run_limit(target_pb2.LevelPlan(concurrency=1, duration_micros=60_000_000), 5) > 65
    assert run_limit(target_pb2.LevelPlan(rate=10, request_count=100), 5) > 15
    # A capped open loop: one request fills the slot until its deadline, then what waited may take another.
    capped = target_pb2.LevelPlan(rate=10, max_concurrency=1, duration_micros=60_000_000)
    assert run_limit(capped, 600) > 60 + 2 * 600
    files = result_pb2.RunConfig(tokenizer_asset="a", dataset_asset="b")
    assert asset_limit(files) >= 2 * 600
    assert asset_limit(result_pb2.RunConfig()) == 0


def test_share_limit():
    assert share_limit(target_pb2.LevelPlan(concurrency=3, request_count=100)) == 3
    assert share_limit(target_pb2.LevelPlan(rate=3, request_count=2)) == 2
    assert share_limit(target_pb2.LevelPlan(rate=3, max_concurrency=4, duration_micros=1)) == 4


def test_run_ids_are_unique_and_sort_by_creation():
    ids = [new_run_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert [i[:13] for i in ids] == sorted(i[:13] for i in ids)
    assert {(i[14], i[19] in "89ab") for i in ids} == {("7", True)}


def test_ownership_of_the_living_is_respected_and_that_of_the_dead_is_not():
    now = 1_000_000
    me = owner_id()
    assert not may_take_over(me, now + 1, now)
    assert may_take_over(me, now - 1, now)
    assert may_take_over(None, now + 1, now)
    assert not may_take_over("elsewhere:0:1:2:3", now + 1, now)
    assert not may_take_over("name:of-another:version", now + 1, now)
    script = "from controller.dispatch.ownership import owner_id; print(owner_id())"
    dead = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert may_take_over(dead, now + 1, now)
    host, table, rest = dead.split(":", 2)
    assert not may_take_over(f"{host}:{'0' * len(table)}:{rest}", now + 1, now)  # of another container


def test_no_two_owners_have_one_name():
    assert owner_id() != owner_id()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="start times are read from /proc")
def test_process_number_given_to_another_is_not_the_owner():
    host, table, number, started, instance = owner_id().rsplit(":", 4)
    assert may_take_over(f"{host}:{table}:{number}:{int(started) - 1}:{instance}", 2, 1)


def test_cursor_round_trip_and_binding():
    text = cursor.encode("question", [5, "x"])
    assert cursor.decode(text, "question", (int, str)) == [5, "x"]
    for bad, question, types in (
        (text, "another", (int, str)),
        (text, "question", (str, int)),
        (text[:-2], "question", (int, str)),
        ("a" * 5000, "question", (int, str)),
        ("ä", "question", (int, str)),
    ):
        with pytest.raises(LoadcellError) as refused:
            cursor.decode(bad, question, types)
        assert refused.value.reason == "INVALID_CURSOR"


def test_settings_have_aliases():
    settings = load(ControllerSettings, {"DATABASE_PATH": "/x/y.db", "API_KEY": "k", "LOG_LEVEL": "Debug"})
    assert (str(settings.database), settings.api_key.reveal(), settings.log_level) == ("/x/y.db", "k", "debug")
