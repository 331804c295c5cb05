"""Reads the first requests of a run as rows of a sheet."""

from __future__ import annotations

from controller.report.request_sheet import request_rows
from controller.report.sheet import Cell
from controller.store.database import Connection
from controller.store.leases import list_leases
from controller.store.records import RunRecord
from controller.store.runs import list_levels
from controller.store.samples import TraceKey, read_page
from loadcell.levels import level_name

PAGE_ROWS = 5_000  # requests read at a time


def first_requests(connection: Connection, run: RunRecord, most: int) -> list[list[Cell]]:
    """Return the measured requests that are kept, level after level, at most so many of them."""
    leases = list_leases(connection, run.run_key)
    agent_ids = list(dict.fromkeys(lease.agent_id for lease in leases))
    agents = {lease.lease_key: agent_ids.index(lease.agent_id) for lease in leases}
    found: list[list[Cell]] = []
    for level in list_levels(connection, run.run_key):
        name = level_name(level.plan.concurrency, level.plan.rate)
        after: TraceKey | None = None
        while len(found) < most:
            limit = min(PAGE_ROWS, most - len(found))
            page = read_page(connection, run.run_key, level.plan.index, agents, after=after, limit=limit)
            measured = page.samples.where(page.samples.warmup == 0)
            found += request_rows(name, measured, agent_ids, page.finish_reasons)
            after = page.last
            # Those of the warm-up come last.
            if after is None or len(measured) < len(page.samples):
                break
    return found
