"""The states of many leases are written together, on either engine."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import event

from controller.store.leases import cut_lease, insert_leases, list_leases, save_leases
from controller.store.records import LeaseRecord
from controller.store.runs import insert_run
from loadcell.v1 import agent_pb2, result_pb2
from tests.integration.store.test_behaviour import PLANS, RUN

State = agent_pb2.LeaseState
COUNT = 500


@pytest.fixture
async def stored(open_one):
    """A database with a run of many leases."""
    database = await open_one()

    def fill(connection) -> list[LeaseRecord]:
        run = insert_run(connection, RUN, PLANS, "request-1")
        leases = [
            LeaseRecord(0, f"run-1.0.{n}", run.run_key, 0, n, COUNT, f"agent-{n}", State.LEASE_STATE_RUNNING)
            for n in range(COUNT)
        ]
        insert_leases(connection, leases)
        return list_leases(connection, run.run_key)

    return database, await database.write(fill)


async def test_many_leases_are_one_statement_and_each_keeps_its_own(stored):
    database, leases = stored
    told = [
        replace(
            lease,
            state=State.LEASE_STATE_COMPLETED if number % 2 else State.LEASE_STATE_FAILED,
            error=f"error {number}",
            notes=(f"note {number}",),
            health=result_pb2.WorkerHealth(reads=number) if number % 3 else None,
            committed_batch_number=99,  # belongs to ingest
            end_ordinal=99,  # belongs to the cut
        )
        for number, lease in enumerate(leases)
    ]
    statements = []

    def save(connection) -> None:
        event.listen(connection, "before_cursor_execute", lambda *args: statements.append(args[2]))
        save_leases(connection, reversed(told))
        save_leases(connection, [])

    await database.write(save)
    assert len(statements) == 1
    found = await database.read(lambda c: list_leases(c, leases[0].run_key))
    assert found == [replace(lease, committed_batch_number=0, end_ordinal=None) for lease in told]


async def test_a_lease_that_has_ended_keeps_its_state_among_many(stored):
    database, leases = stored
    ended = replace(leases[1], state=State.LEASE_STATE_EXPIRED, end_ordinal=5)
    await database.write(lambda c: cut_lease(c, ended))
    late = [replace(lease, state=State.LEASE_STATE_READY, error="late") for lease in leases[:3]]
    await database.write(lambda c: save_leases(c, late))
    found = await database.read(lambda c: list_leases(c, leases[0].run_key))
    assert [(lease.state, lease.error) for lease in found[:3]] == [
        (State.LEASE_STATE_READY, "late"),
        (State.LEASE_STATE_EXPIRED, ""),
        (State.LEASE_STATE_READY, "late"),
    ]
    again = replace(ended, notes=("told later",))
    await database.write(lambda c: save_leases(c, [again, late[2]]))
    found = await database.read(lambda c: list_leases(c, leases[0].run_key))
    assert (found[1].notes, found[1].end_ordinal) == (("told later",), 5)
