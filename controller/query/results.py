"""Result documents and the files made of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial as partial_of

import orjson

from controller.dispatch.results import compute_result
from controller.keeping import keeping_of, kept_share
from controller.lifecycle import run_ended
from controller.report.csv import render_csv
from controller.report.html import render_html
from controller.report.requests import render_requests
from controller.report.xlsx import render_xlsx
from controller.scope import Scope
from controller.store.database import Connection, Database
from controller.store.leases import list_leases
from controller.store.records import LeaseRecord, RunRecord
from controller.store.retention import requests_expired
from controller.store.runs import get_result, get_run
from controller.store.samples import TraceKey, read_page
from loadcell.documents import render
from loadcell.errors import LoadcellError
from loadcell.v1 import result_pb2, run_pb2

PIECE_BYTES = 1024 * 1024
PAGE_ROWS = 5_000  # requests read from the database at a time
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Forms of the result document: the content type, and what makes it.
DOCUMENTS: dict[str, tuple[str, Callable[[result_pb2.RunResult], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", render_csv),
    "json": ("application/json", lambda result: orjson.dumps(render(result))),
    "xlsx": (_XLSX, render_xlsx),
    "html": ("text/html; charset=utf-8", render_html),
}
_SPELLINGS = {"excel": "xlsx"}  # what the first load tester documented


def require_run(connection: Connection, run_id: str, scope: Scope) -> RunRecord:
    """Return a run.

    Raises:
        LoadcellError: MISSING_REQUIRED_FIELD; RUN_NOT_FOUND, there is none in the scope.
    """
    if not run_id:
        raise LoadcellError("MISSING_REQUIRED_FIELD", "run_id is required", field="run_id")
    run = get_run(connection, run_id, scope)
    if run is None:
        shown = run_id[:64]
        raise LoadcellError("RUN_NOT_FOUND", f"there is no run {shown}", metadata={"run_id": shown})
    return run


def check_requests(connection: Connection, run: RunRecord) -> None:
    """Raise RESULT_NOT_FOUND when requests of a run were deleted for their age."""
    if requests_expired(connection, run.run_key):
        raise LoadcellError(
            "RESULT_NOT_FOUND",
            f"the requests of run {run.run_id} have reached their age and were deleted; its result was kept",
            metadata={"run_id": run.run_id},
        )


def is_visible(run: RunRecord, scope: Scope) -> bool:
    """Whether a run is in a scope."""
    return scope.holds(run.project_id)


def require_result(connection: Connection, run_id: str, scope: Scope, *, partial: bool) -> result_pb2.RunResult:
    """Return the result of a run; with `partial` what has been measured so far, whatever its state.

    Raises:
        LoadcellError: RUN_NOT_FOUND, RESULT_NOT_FOUND, RUN_NOT_FINISHED, RUN_FAILED.
    """
    run = require_run(connection, run_id, scope)
    if not partial:
        check_finished(run)
    stored = get_result(connection, run) if run_ended(run.state) else None
    if stored is not None:
        # They may have been changed since; there is one truth.
        stored.config.ClearField("labels")
        stored.config.labels.update(run.config.labels)
        return stored
    if not partial:
        raise LoadcellError("RESULT_NOT_FOUND", f"run {run_id} has no result", metadata={"run_id": run_id})
    return compute_result(connection, run)


def check_finished(run: RunRecord) -> None:
    """Raise unless a run has completed or was cancelled."""
    metadata = {"run_id": run.run_id}
    if run.state == run_pb2.RUN_STATE_PENDING:
        raise LoadcellError("RESULT_NOT_FOUND", f"run {run.run_id} has not started yet", metadata=metadata)
    if not run_ended(run.state):
        raise LoadcellError("RUN_NOT_FINISHED", f"run {run.run_id} is still going on", metadata=metadata)
    if run.state == run_pb2.RUN_STATE_FAILED:
        raise LoadcellError("RUN_FAILED", f"run {run.run_id} failed: {run.error}", metadata=metadata)


async def export(
    database: Database, run_id: str, scope: Scope, file_format: str, *, partial: bool
) -> AsyncIterator[bytes]:
    """Yield a result as a file in pieces of at most 1 MiB.

    Raises:
        LoadcellError: as `require_result`; INVALID_FIELD_VALUE for an unknown format.
    """
    if file_format == "jsonl":
        async for piece in _request_lines(database, run_id, scope, partial=partial):
            yield piece
        return
    _, content = await document(database, run_id, scope, file_format, partial=partial, others=("jsonl",))
    for first in range(0, len(content), PIECE_BYTES):
        yield content[first : first + PIECE_BYTES]


async def document(
    database: Database,
    run_id: str,
    scope: Scope,
    file_format: str,
    *,
    partial: bool,
    others: tuple[str, ...] = (),
) -> tuple[str, bytes]:
    """Return the content type and the bytes of the result document.

    Raises:
        LoadcellError: as `require_result`; INVALID_FIELD_VALUE for another format; of those, `others` are made
            elsewhere.
    """
    form = _SPELLINGS.get(file_format, file_format)
    if form not in DOCUMENTS:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"format {file_format[:64]!r} is not known; known: {', '.join((*DOCUMENTS, *others))}",
            field="format",
        )
    result = await database.read(lambda c: require_result(c, run_id, scope, partial=partial))
    content_type, make = DOCUMENTS[form]
    return content_type, await asyncio.to_thread(make, result)


async def _request_lines(database: Database, run_id: str, scope: Scope, *, partial: bool) -> AsyncIterator[bytes]:
    def start(connection: Connection) -> tuple[RunRecord, list[LeaseRecord]]:
        run = require_run(connection, run_id, scope)
        if not partial:
            check_finished(run)
        check_requests(connection, run)
        return run, list_leases(connection, run.run_key)

    run, leases = await database.read(start)
    agent_ids = list(dict.fromkeys(lease.agent_id for lease in leases))
    agents = {lease.lease_key: agent_ids.index(lease.agent_id) for lease in leases}
    sample_rate = None if keeping_of(run.config) is None else kept_share(run.config)
    for level in sorted({lease.level for lease in leases}):
        after: TraceKey | None = None
        while True:
            page = await database.read(
                partial_of(
                    read_page, run_key=run.run_key, level=level, agents=agents, after=after, limit=PAGE_ROWS
                )
            )
            for piece in render_requests(level, page.samples, agent_ids, page.finish_reasons, sample_rate):
                yield piece
            if page.last is None:
                break
            after = page.last
