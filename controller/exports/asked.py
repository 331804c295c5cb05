"""What a request for an export asks for."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

from controller.exports.formats.choice import FORMATS, PARQUET, Choice, writes_parquet
from controller.exports.formats.compression import COMPRESSIONS, NONE, ZIP
from controller.query.traces.bounds import time_bounds
from controller.query.traces.conditions import And, Operator
from controller.query.traces.leaves import Place, read_leaf
from controller.query.traces.parameters import ask, read_parameters, split
from controller.query.traces.question import Question
from controller.query.traces.requests import plain_values
from controller.scope import Scope
from loadcell.errors import LoadcellError
from loadcell.protocol import MAX_EXPORT
from loadcell.v1 import export_pb2

DEFAULT_TRACES = 100_000
MAX_RANGE_MICROS = 365 * 86_400 * 1_000_000
PAGE_TRACES = 1_000
_OWN = ("format", "compression", "limit", "end_time", "request_id", "project_id")
_NAMESPACE = uuid.UUID("6f1c3c1e-54d6-4f0c-9d1e-0a7d1c7a2b55")


@dataclass(frozen=True, slots=True)
class Asked:
    """A file of at most `limit` traces, those that began first; `question` is for the first page of them.

    `run_id` is that of the one run they are of, empty when they may be of any.
    """

    choice: Choice
    limit: int
    question: Question
    run_id: str


def read_export(request: export_pb2.CreateExportRequest, now: int) -> Asked:
    """Return what a request asks for at a time, in microseconds since 1970: relative times count from then.

    Raises:
        LoadcellError: a field is missing, malformed or out of range; the error names it.
    """
    choice = _choice(request)
    limit = request.limit if request.HasField("limit") else DEFAULT_TRACES
    if not 1 <= limit <= MAX_EXPORT:
        raise LoadcellError(
            "LIMIT_EXCEEDED", f"limit must be from 1 to {MAX_EXPORT:,}, not {limit}", field="limit"
        )
    given = {name: value for name, value in plain_values(request).items() if name not in _OWN}
    given["fields"] = split(list(request.fields), "fields")
    given["project_id"] = request.project_id
    question = ask(read_parameters(given | {"limit": PAGE_TRACES, "sort_order": "asc"}), now)
    end = read_leaf("ts", Operator.LT.value, request.end_time or "now", now, Place(*["end_time"] * 3))
    nodes = (end,) if question.filter is None else (question.filter, end)
    question = replace(question, filter=And(nodes))
    if request.start_time:
        _check_range(question)
    return Asked(choice, limit, question, request.run_id)


def read_scope(project_id: str, scope: Scope) -> Scope:
    """Return whose traces are exported: of the project that is named, else of all that the caller may see.

    Raises:
        LoadcellError: PROJECT_ACCESS_DENIED.
    """
    if scope.projects is not None and not scope.projects:
        raise LoadcellError("PROJECT_ACCESS_DENIED", "no project is yours to export", field="project_id")
    if not project_id:
        return scope
    if not scope.holds(project_id):
        raise LoadcellError(
            "PROJECT_ACCESS_DENIED", f"project {project_id[:64]!r} is none of yours", field="project_id"
        )
    return Scope.of([project_id])


def read_job_id(request_id: str, scope: Scope) -> str:
    """Return the identifier of a new job: the same for the same request_id and projects.

    Raises:
        LoadcellError: INVALID_FIELD_FORMAT, request_id is no UUID.
    """
    if not request_id:
        return str(uuid.uuid4())
    try:
        given = uuid.UUID(request_id)
    except ValueError:
        raise LoadcellError("INVALID_FIELD_FORMAT", "request_id must be a UUID", field="request_id") from None
    return str(uuid.uuid5(_NAMESPACE, f"{given} {scope.written()}"))


def _choice(request: export_pb2.CreateExportRequest) -> Choice:
    if not request.format:
        raise LoadcellError("MISSING_REQUIRED_FIELD", f"format is required: {', '.join(FORMATS)}", field="format")
    for name, value, known in (
        ("format", request.format, FORMATS),
        ("compression", request.compression or NONE, COMPRESSIONS),
    ):
        if value not in known:
            raise LoadcellError(
                "INVALID_FIELD_VALUE", f"{name} is one of {', '.join(known)}, not {value[:64]!r}", field=name
            )
    choice = Choice(request.format, request.compression or NONE)
    if choice == Choice(PARQUET, ZIP):
        raise LoadcellError(
            "INVALID_FIELD_VALUE", "columns of parquet are compressed with gzip or zstd", field="compression"
        )
    if choice.format == PARQUET and not writes_parquet():
        raise LoadcellError(
            "NOT_IMPLEMENTED", "this controller was installed without parquet: pip install 'loadcell[parquet]'"
        )
    return choice


def _check_range(question: Question) -> None:
    first, last = time_bounds(question.filter)
    if first > last:
        raise LoadcellError("INVALID_DATE_RANGE", "end_time must be after start_time", field="end_time")
    if last - first >= MAX_RANGE_MICROS:
        raise LoadcellError(
            "INVALID_DATE_RANGE", "start_time and end_time are more than 365 days apart", field="start_time"
        )
