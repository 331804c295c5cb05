"""When a controller leaves a run to another one: where the agents are that work on it."""

from __future__ import annotations

from dataclasses import replace

from agent_records import make_agent

from controller.dispatch.replicas import Replicas
from controller.dispatch.sessions import Session, Sessions
from controller.store.records import AgentRecord, LeaseRecord, RunRecord
from loadcell.v1 import agent_pb2, result_pb2, run_pb2

RUN = RunRecord(
    run_key=1,
    run_id="run",
    log_request_id="",
    state=run_pb2.RUN_STATE_RUNNING,
    server_url="",
    model="m",
    adapter="openai",
    config=result_pb2.RunConfig(),
    needs_secrets=False,
    probed=True,
    pin_output=False,
    words_per_token=1.0,
    created_at=0,
    started_at=0,
    completed_at=None,
    error=None,
    notes=(),
    owner="me",
    owner_expires_at=0,
)
LEASES = [LeaseRecord(1, "run.0.0", 1, 0, 0, 1, "agent-1", agent_pb2.LEASE_STATE_RUNNING)]


def leaves(lease_seconds: float, *, seen_here: int, seen_there: int | None) -> bool:
    """Whether a run is left whose agent has a session here, and perhaps one at another controller."""
    agent: AgentRecord = make_agent("agent-1")
    sessions = Sessions(lease_seconds)
    sessions.open(Session(replace(agent, last_seen_at=seen_here)))
    there = {} if seen_there is None else {"other": [replace(agent, last_seen_at=seen_there)]}
    return Replicas(None, sessions, "me").belongs_elsewhere(RUN, [], LEASES, there)


def test_a_run_stays_where_its_agent_is():
    assert not leaves(60.0, seen_here=5, seen_there=None)
    assert not leaves(60.0, seen_here=5, seen_there=4)


def test_a_dead_connection_does_not_hold_a_run_once_its_agent_is_elsewhere():
    assert leaves(60.0, seen_here=4, seen_there=5)
    assert leaves(0.0, seen_here=5, seen_there=5)  # not heard of for longer than a lease
    assert not leaves(0.0, seen_here=5, seen_there=None)
