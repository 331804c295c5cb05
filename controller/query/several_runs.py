"""Several runs at once, from the store."""

from __future__ import annotations

from collections.abc import Collection

from controller.messages import run_message
from controller.scope import Scope
from controller.store.database import Connection
from controller.store.leases import agents_of_runs
from controller.store.runs import get_runs
from loadcell.v1 import run_pb2


def several_runs(connection: Connection, run_ids: Collection[str], scope: Scope) -> dict[str, run_pb2.Run]:
    """Return those of some runs that there are in a scope, by their identifiers."""
    records = get_runs(connection, run_ids, scope)
    agents = agents_of_runs(connection, [record.run_key for record in records])
    return {record.run_id: run_message(record, agents.get(record.run_key, [])) for record in records}
