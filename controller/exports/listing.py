"""Jobs as messages of the contract, and pages of them."""

from __future__ import annotations

import uuid

from controller.messages import timestamp
from controller.query import cursor
from controller.query.costs.question import check_project
from controller.query.traces.values import read_text
from controller.scope import Scope
from controller.store.database import Connection
from controller.store.exports import (
    COMPLETED,
    EXPIRED,
    STATUSES,
    UNFINISHED,
    JobFilter,
    JobRecord,
    count_jobs,
    get_job,
    list_jobs,
)
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.v1 import envelope_pb2, export_pb2

MAX_LIMIT, DEFAULT_LIMIT = 100, 20
MAX_OFFSET = 1_000_000
JOBS_PATH = "/api/v1/export/jobs"


def require_job(connection: Connection, job_id: str, scope: Scope) -> JobRecord:
    """Return a job.

    Raises:
        LoadcellError: MISSING_REQUIRED_FIELD, INVALID_FIELD_FORMAT; JOB_NOT_FOUND, also for one of others.
    """
    if not job_id:
        raise LoadcellError("MISSING_REQUIRED_FIELD", "job_id is required", field="job_id")
    try:
        known = str(uuid.UUID(job_id))
    except ValueError:
        raise LoadcellError("INVALID_FIELD_FORMAT", "job_id must be a UUID", field="job_id") from None
    job = get_job(connection, known, scope)
    if job is None:
        raise LoadcellError("JOB_NOT_FOUND", f"there is no export job {known}", metadata={"job_id": known})
    return job


def page_of_jobs(
    connection: Connection, request: export_pb2.ListExportJobsRequest, scope: Scope
) -> export_pb2.ListExportJobsResponse:
    """Return a page of jobs, newest first, without its envelope.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE, LIMIT_EXCEEDED, INVALID_CURSOR or PROJECT_ACCESS_DENIED.
    """
    status, project_id = request.status.strip().lower(), request.project_id
    if status and status not in STATUSES:
        raise LoadcellError(
            "INVALID_FIELD_VALUE", f"status is one of {', '.join(STATUSES)}, not {status[:64]!r}", field="status"
        )
    check_project(project_id and read_text(project_id, "project_id"), scope)
    limit, offset = _limit(request), request.offset
    if not 0 <= offset <= MAX_OFFSET:
        raise LoadcellError(
            "LIMIT_EXCEEDED", f"offset must be from 0 to {MAX_OFFSET:,}, not {offset}", field="offset"
        )
    if request.cursor and offset:
        raise LoadcellError("INVALID_FIELD_VALUE", "cursor and offset exclude each other", field="offset")
    filters, now = JobFilter(scope, status, project_id), wall_micros()
    question, after = f"exports {status!r} {project_id!r}", None
    if request.cursor:
        created_at, job_id = cursor.decode(request.cursor, question, (int, str))
        after = (int(created_at), str(job_id))
    # One more than asked for tells whether there is a next page.
    found = list_jobs(connection, filters, limit=limit + 1, offset=offset, after=after)
    page, last = found[:limit], found[limit - 1] if len(found) > limit else None
    return export_pb2.ListExportJobsResponse(
        data=[job_message(job, now) for job in page],
        pagination=envelope_pb2.Pagination(
            cursor=None if last is None else cursor.encode(question, [last.created_at, last.job_id]),
            has_more=last is not None,
            limit=limit,
            total=count_jobs(connection, filters),
            offset=None if request.cursor else offset,
        ),
    )


def job_message(job: JobRecord, now: int) -> export_pb2.ExportJob:
    """Return the message of a job as it stands at a time, in microseconds since 1970 UTC."""
    there = has_file(job, now)
    return export_pb2.ExportJob(
        job_id=job.job_id,
        org_id=job.scope.only,
        project_id=job.scope.only,
        project_ids=sorted(job.scope.projects or ()),
        status=job.status,
        format=job.format,
        compression=job.compression,
        created_at=timestamp(job.created_at),
        started_at=None if job.started_at is None else timestamp(job.started_at),
        completed_at=None if job.completed_at is None else timestamp(job.completed_at),
        expires_at=None if job.expires_at is None else timestamp(job.expires_at),
        trace_count=job.trace_count,
        file_size_bytes=job.file_size_bytes,
        download_url=f"{JOBS_PATH}/{job.job_id}/download" if there else None,
        error_message=job.error_message,
        progress_percent=None if job.started_at is None else job.progress_percent,
        metadata=export_pb2.ExportJobMetadata(
            can_cancel=job.status in UNFINISHED,
            can_download=there,
            is_expired=job.status == EXPIRED or (job.status == COMPLETED and not there),
            seconds_until_expiration=max(0, (job.expires_at or now) - now) // 1_000_000 if there else None,
        ),
        sha256=job.sha256,
    )


def has_file(job: JobRecord, now: int) -> bool:
    """Whether the file of a job can be had: a moment after its time it may not be deleted yet."""
    return job.status == COMPLETED and job.file_path is not None and (job.expires_at or 0) > now


def _limit(request: export_pb2.ListExportJobsRequest) -> int:
    if not request.HasField("limit"):
        return DEFAULT_LIMIT
    if request.limit < 1:
        raise LoadcellError(
            "LIMIT_EXCEEDED", f"limit must be from 1 to {MAX_LIMIT}, not {request.limit}", field="limit"
        )
    return min(request.limit, MAX_LIMIT)
