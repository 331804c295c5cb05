"""Which states follow which, as tables. Whoever changes a state asks here first."""

from __future__ import annotations

from loadcell.errors import LoadcellError
from loadcell.v1 import agent_pb2, fleet_pb2, run_pb2

_Run = run_pb2.RunState
_Lease = agent_pb2.LeaseState

RUN_TRANSITIONS: dict[run_pb2.RunState, frozenset[run_pb2.RunState]] = {
    _Run.RUN_STATE_PENDING: frozenset(
        {_Run.RUN_STATE_SCHEDULED, _Run.RUN_STATE_CANCELLING, _Run.RUN_STATE_FAILED}
    ),
    _Run.RUN_STATE_SCHEDULED: frozenset(
        {_Run.RUN_STATE_RUNNING, _Run.RUN_STATE_CANCELLING, _Run.RUN_STATE_FAILED}
    ),
    _Run.RUN_STATE_RUNNING: frozenset(
        {_Run.RUN_STATE_COMPLETED, _Run.RUN_STATE_CANCELLING, _Run.RUN_STATE_FAILED}
    ),
    _Run.RUN_STATE_CANCELLING: frozenset({_Run.RUN_STATE_CANCELLED}),
    _Run.RUN_STATE_COMPLETED: frozenset(),
    _Run.RUN_STATE_FAILED: frozenset(),
    _Run.RUN_STATE_CANCELLED: frozenset(),
}

# An agent's report may be lost together with its connection; the next one then skips states, never goes back.
_AGENT_STATES = (
    _Lease.LEASE_STATE_PREPARING,
    _Lease.LEASE_STATE_READY,
    _Lease.LEASE_STATE_RUNNING,
    _Lease.LEASE_STATE_COMPLETED,
    _Lease.LEASE_STATE_CANCELLED,
    _Lease.LEASE_STATE_FAILED,
)
_BY_CONTROLLER = frozenset({_Lease.LEASE_STATE_EXPIRED})

LEASE_TRANSITIONS: dict[agent_pb2.LeaseState, frozenset[agent_pb2.LeaseState]] = {
    _Lease.LEASE_STATE_OFFERED: frozenset(_AGENT_STATES) | _BY_CONTROLLER,
    _Lease.LEASE_STATE_PREPARING: frozenset(_AGENT_STATES[1:]) | _BY_CONTROLLER,
    _Lease.LEASE_STATE_READY: frozenset(_AGENT_STATES[2:]) | _BY_CONTROLLER,
    _Lease.LEASE_STATE_RUNNING: frozenset(_AGENT_STATES[3:]) | _BY_CONTROLLER,
    _Lease.LEASE_STATE_COMPLETED: frozenset(),
    _Lease.LEASE_STATE_CANCELLED: frozenset(),
    _Lease.LEASE_STATE_FAILED: frozenset(),
    _Lease.LEASE_STATE_EXPIRED: frozenset(),
}

STATUS_WORDS: dict[run_pb2.RunState, str] = {
    _Run.RUN_STATE_PENDING: "pending",
    _Run.RUN_STATE_SCHEDULED: "running",
    _Run.RUN_STATE_RUNNING: "running",
    _Run.RUN_STATE_CANCELLING: "running",
    _Run.RUN_STATE_COMPLETED: "completed",
    _Run.RUN_STATE_FAILED: "failed",
    _Run.RUN_STATE_CANCELLED: "cancelled",
}


def check_run(current: run_pb2.RunState, new: run_pb2.RunState) -> None:
    """Raise ILLEGAL_TRANSITION unless a run may go from `current` to `new`."""
    if new not in RUN_TRANSITIONS[current]:
        raise LoadcellError(
            "ILLEGAL_TRANSITION",
            f"a run cannot go from {_Run.Name(current)} to {_Run.Name(new)}",
        )


def check_lease(current: agent_pb2.LeaseState, new: agent_pb2.LeaseState) -> None:
    """Raise ILLEGAL_TRANSITION unless a lease may go from `current` to `new`."""
    if new not in LEASE_TRANSITIONS[current]:
        raise LoadcellError(
            "ILLEGAL_TRANSITION",
            f"a lease cannot go from {_Lease.Name(current)} to {_Lease.Name(new)}",
        )


def run_ended(state: run_pb2.RunState) -> bool:
    """Whether nothing follows this state of a run."""
    return not RUN_TRANSITIONS[state]


def lease_ended(state: agent_pb2.LeaseState) -> bool:
    """Whether nothing follows this state of a lease."""
    return not LEASE_TRANSITIONS[state]


def agent_state(*, lost: bool, draining: bool, lease_count: int) -> fleet_pb2.AgentState:
    """Return where an agent stands: nothing of it is stored, it follows from what is known now.

    Args:
        lost: it was not heard of for longer than a lease lasts.
        draining: it gets no further leases.
        lease_count: leases it holds.
    """
    if lost:
        return fleet_pb2.AGENT_STATE_LOST
    if draining:
        return fleet_pb2.AGENT_STATE_DRAINING
    return fleet_pb2.AGENT_STATE_BUSY if lease_count else fleet_pb2.AGENT_STATE_READY
