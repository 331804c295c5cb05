"""The stream of updates a watcher of a run gets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from controller.dispatch.active import ActiveRun, ActiveRuns
from controller.lifecycle import run_ended
from controller.messages import run_message
from controller.query.progress import ended_progress, stored_progress
from controller.query.results import is_visible, require_run
from controller.scope import Scope
from controller.store.database import Connection, Database
from controller.store.leases import agents_of_runs
from controller.store.runs import get_result, list_levels
from controller.store.samples import count_stored
from controller.store.validation import list_steps
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.v1 import run_pb2

UPDATE_SECONDS = 0.2  # at most five updates a second
QUIET_SECONDS = 0.5  # time goes by even when nothing arrives: elapsed seconds and estimates change
ELSEWHERE_SECONDS = 1.0  # how often a run that another controller drives is looked up


async def watch(
    run_id: str, scope: Scope, database: Database, runs: ActiveRuns
) -> AsyncIterator[run_pb2.WatchRunResponse]:
    """Yield the present state of a run, then every change, ending with the update whose run has ended.

    Updates are made when they are sent, so a slow reader gets the latest state and never an old one.

    Raises:
        LoadcellError: RUN_NOT_FOUND; RUN_DELETED when it is deleted meanwhile.
    """
    revision = 0
    while True:
        changes = runs.elsewhere.revision
        active = runs.get(run_id)
        if active is not None and is_visible(active.record, scope):
            async for update in _watch_active(active):
                revision = update.revision = max(update.revision, revision + 1)
                yield update
                if run_ended(update.run.state):
                    return
        try:
            update = await database.read(lambda c: _stored(c, run_id, scope))
        except LoadcellError as error:
            if revision and error.reason == "RUN_NOT_FOUND":
                raise LoadcellError("RUN_DELETED", f"run {run_id} was deleted", metadata=error.metadata) from error
            raise
        revision = update.revision = revision + 1
        yield update
        if run_ended(update.run.state):
            return
        await asyncio.sleep(UPDATE_SECONDS)
        await runs.elsewhere.wait(changes, ELSEWHERE_SECONDS - UPDATE_SECONDS)


async def _watch_active(run: ActiveRun) -> AsyncIterator[run_pb2.WatchRunResponse]:
    """Yield updates until the run has ended or is no longer driven by this process."""
    while not run.abandoned:
        seen, sent = run.changes.revision, time.monotonic()
        yield run.describe()
        if run.ended:
            return
        await run.changes.wait(seen, QUIET_SECONDS)
        await asyncio.sleep(sent + UPDATE_SECONDS - time.monotonic())


def _stored(connection: Connection, run_id: str, scope: Scope) -> run_pb2.WatchRunResponse:
    run = require_run(connection, run_id, scope)
    message = run_message(run, agents_of_runs(connection, [run.run_key]).get(run.run_key, []))
    levels = list_levels(connection, run.run_key)
    if not run_ended(run.state):
        update = stored_progress(message, levels, count_stored(connection, run.run_key), wall_micros())
    else:
        update = ended_progress(message, get_result(connection, run), len(levels))
    if run.config.HasField("validation_config"):
        update.validation_log.extend(list_steps(connection, run.run_key))
    return update
