"""Files made of results."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial as partial_of

import orjson

from controller.keeping import keeping_of, kept_share
from controller.query.compare import compare
from controller.query.compared_runs import results_to_compare
from controller.query.first_requests import first_requests
from controller.query.gates import read_gates
from controller.query.results import check_finished, check_requests, require_result, require_run
from controller.query.shown_runs import PATIENCE_SECONDS, shown_run
from controller.report.csv import render_csv
from controller.report.page.report import render_page
from controller.report.requests import render_requests
from controller.report.xlsx import MOST_REQUESTS, render_xlsx
from controller.scope import Scope
from controller.store.database import Connection, Database
from controller.store.leases import list_leases
from controller.store.records import LeaseRecord, RunRecord
from controller.store.samples import TraceKey, read_page
from loadcell.documents import render
from loadcell.errors import LoadcellError
from loadcell.stats.gates import Gate
from loadcell.v1 import run_pb2

PIECE_BYTES = 1024 * 1024
PAGE_ROWS = 5_000  # requests read from the database at a time
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Making = Callable[[Connection, "_Wanted"], Callable[[], bytes]]
"""Reads what a file needs and returns what then makes it, without the database."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    run_id: str
    scope: Scope
    partial: bool
    further: tuple[str, ...]
    gates: dict[str, Gate]


def _csv(connection: Connection, wanted: _Wanted) -> Callable[[], bytes]:
    result = require_result(connection, wanted.run_id, wanted.scope, partial=wanted.partial)
    return lambda: render_csv(result)


def _json(connection: Connection, wanted: _Wanted) -> Callable[[], bytes]:
    result = require_result(connection, wanted.run_id, wanted.scope, partial=wanted.partial)
    return lambda: orjson.dumps(render(result))


def _xlsx(connection: Connection, wanted: _Wanted) -> Callable[[], bytes]:
    result = require_result(connection, wanted.run_id, wanted.scope, partial=wanted.partial)
    run = require_run(connection, wanted.run_id, wanted.scope)
    requests = first_requests(connection, run, MOST_REQUESTS + 1)
    return lambda: render_xlsx(result, requests)


def _html(connection: Connection, wanted: _Wanted) -> Callable[[], bytes]:
    if wanted.further:
        results = results_to_compare(connection, [wanted.run_id, *wanted.further], wanted.scope)
    else:
        results = [require_result(connection, wanted.run_id, wanted.scope, partial=wanted.partial)]
    seconds = PATIENCE_SECONDS / len(results)
    records = [require_run(connection, one.run_id, wanted.scope) for one in results]
    runs = [shown_run(connection, run, one, seconds) for run, one in zip(records, results, strict=True)]

    def make() -> bytes:
        return render_page(runs, compare(results, wanted.gates) if len(results) > 1 else None)

    return make


# Forms of the result document: the content type, and what makes it.
DOCUMENTS: dict[str, tuple[str, Making]] = {
    "csv": ("text/csv; charset=utf-8", _csv),
    "json": ("application/json", _json),
    "xlsx": (_XLSX, _xlsx),
    "html": ("text/html; charset=utf-8", _html),
}
_SPELLINGS = {"excel": "xlsx"}  # what the first load tester documented
_OF_SEVERAL = "html"
Request = run_pb2.ExportRunResultRequest | run_pb2.DownloadRunResultRequest


async def export(
    database: Database, request: run_pb2.ExportRunResultRequest, scope: Scope
) -> AsyncIterator[bytes]:
    """Yield a result as a file in pieces of at most 1 MiB.

    Raises:
        LoadcellError: as `document`.
    """
    if request.format == "jsonl":
        _check_several(request)
        async for piece in _request_lines(database, request.run_id, scope, partial=request.partial):
            yield piece
        return
    _, content = await document(database, request, scope, request.format, others=("jsonl",))
    for first in range(0, len(content), PIECE_BYTES):
        yield content[first : first + PIECE_BYTES]


async def document(
    database: Database, request: Request, scope: Scope, file_format: str, *, others: tuple[str, ...] = ()
) -> tuple[str, bytes]:
    """Return the content type and the bytes of the result document.

    Raises:
        LoadcellError: as `require_result`, of several runs as `results_to_compare`; INVALID_FIELD_VALUE for
            another format (of those, `others` are made elsewhere), or for several runs where it is of one.
    """
    form = _SPELLINGS.get(file_format, file_format)
    if form not in DOCUMENTS:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"format {file_format[:64]!r} is not known; known: {', '.join((*DOCUMENTS, *others))}",
            field="format",
        )
    if form != _OF_SEVERAL:
        _check_several(request)
    if request.gates and not request.further_run_ids:
        raise LoadcellError(
            "INVALID_FIELD_VALUE", "gates need further_run_ids to hold against the first run", field="gates"
        )
    further = tuple(request.further_run_ids)
    wanted = _Wanted(request.run_id, scope, request.partial, further, read_gates(request.gates))
    content_type, making = DOCUMENTS[form]
    make = await database.read(lambda c: making(c, wanted))
    return content_type, await asyncio.to_thread(make)


def _check_several(request: Request) -> None:
    if request.further_run_ids:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"format {request.format[:64]!r} is of one run; {_OF_SEVERAL} can be of several",
            field="further_run_ids",
        )


async def _request_lines(database: Database, run_id: str, scope: Scope, *, partial: bool) -> AsyncIterator[bytes]:
    def check(connection: Connection) -> RunRecord:
        run = require_run(connection, run_id, scope)
        if not partial:
            check_finished(run)
        check_requests(connection, run)
        return run

    def start(connection: Connection) -> tuple[RunRecord, list[LeaseRecord]]:
        run = check(connection)
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
    # Each page was read in a transaction of its own: what was deleted meanwhile is missing without a trace.
    await database.read(check)
