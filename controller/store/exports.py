"""Export jobs: who writes which file, and what became of it. Every change of a status is told to subscribers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from google.protobuf.message import DecodeError
from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, true, update

from controller.events.kinds import EXPORT_JOB_STATUS, make_event
from controller.scope import Scope
from controller.store.chunks import chunks
from controller.store.events import record_events
from controller.store.ownership import expiry
from controller.store.postgresql import Lock, take
from controller.store.schema_queries import export_jobs as jobs
from loadcell.clock import wall_micros
from loadcell.v1 import event_pb2, export_pb2

PENDING, PROCESSING, COMPLETED = "pending", "processing", "completed"
FAILED, CANCELLED, EXPIRED = "failed", "cancelled", "expired"
STATUSES = (PENDING, PROCESSING, COMPLETED, FAILED, CANCELLED, EXPIRED)
UNFINISHED = (PENDING, PROCESSING)
MAX_UNFINISHED = 100
FORGET_MICROS = 7 * 86_400 * 1_000_000  # ended jobs without a file are forgotten after this long
BEGUN_AGAIN = "the controller that wrote the file was lost; it is begun again"
LOST_TWICE = "two controllers were lost while they wrote the file; ask for less, or look into their logs"
UNREADABLE = "what was asked cannot be read; create the export again"
_SPEED_OF = 10  # completed jobs that tell how long one takes


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job that exports the traces of a scope.

    Times are microseconds since 1970 UTC; `file_path` is the name of the file in its place.
    """

    job_id: str
    scope: Scope
    status: str
    format: str
    compression: str
    request: export_pb2.CreateExportRequest
    created_at: int
    started_at: int | None = None
    completed_at: int | None = None
    expires_at: int | None = None
    trace_count: int | None = None
    file_size_bytes: int | None = None
    sha256: str | None = None
    file_path: str | None = None
    error_message: str | None = None
    progress_percent: float = 0.0
    owner: str | None = None
    owner_expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs a list holds: those in scope, with a status and of a project unless these are empty."""

    scope: Scope
    status: str = ""
    project_id: str = ""

    def condition(self, connection: Connection) -> ColumnElement[bool]:
        """Return the filter as a condition."""
        parts = [_visible(connection, self.scope)]
        if self.status:
            parts.append(jobs.c.status == self.status)
        if self.project_id:
            parts.append(jobs.c.project_id == self.project_id)
        return and_(*parts)


def insert_job(connection: Connection, job: JobRecord) -> JobRecord | None:
    """Store a new job and return it, or the one of its identifier; None when too many are unfinished."""
    take(connection, Lock.NUMBERS)
    known = _get(connection, jobs.c.job_id == job.job_id)
    if known is not None:
        return known
    unfinished = select(func.count()).select_from(jobs).where(jobs.c.status.in_(UNFINISHED))
    if connection.execute(unfinished).scalar_one() >= MAX_UNFINISHED:
        return None
    values = {field.name: getattr(job, field.name) for field in fields(JobRecord)}
    values |= {"project_id": values.pop("scope").written(), "request": job.request.SerializeToString()}
    connection.execute(insert(jobs), values)
    _tell(connection, job)
    return job


def get_job(connection: Connection, job_id: str, scope: Scope) -> JobRecord | None:
    """Return a job, None when there is none in scope."""
    return _get(connection, and_(jobs.c.job_id == job_id, _visible(connection, scope)))


def list_jobs(
    connection: Connection, filters: JobFilter, *, limit: int, offset: int, after: tuple[int, str] | None
) -> list[JobRecord]:
    """Return a page of jobs, newest first; `after` is (created_at, job_id) of the last one of the page before."""
    query = select(jobs).where(filters.condition(connection))
    if after is not None:
        created_at, job_id = after
        query = query.where(
            jobs.c.created_at <= created_at,
            or_(jobs.c.created_at < created_at, jobs.c.job_id < job_id),
        )
    query = query.order_by(jobs.c.created_at.desc(), jobs.c.job_id.desc()).limit(limit).offset(offset)
    return [_record(row) for row in connection.execute(query)]


def count_jobs(connection: Connection, filters: JobFilter) -> int:
    """Return the number of jobs on all pages."""
    return connection.execute(
        select(func.count()).select_from(jobs).where(filters.condition(connection))
    ).scalar_one()


def seconds_of_a_job(connection: Connection) -> tuple[float, int] | None:
    """Return how long the last completed jobs took on average, and how many are unfinished; None without any."""
    last = (
        select((jobs.c.completed_at - jobs.c.started_at).label("took"))
        .where(jobs.c.status == COMPLETED)
        .order_by(jobs.c.created_at.desc())
        .limit(_SPEED_OF)
        .subquery()
    )
    took = connection.execute(select(func.avg(last.c.took))).scalar_one()
    unfinished = select(func.count()).select_from(jobs).where(jobs.c.status.in_(UNFINISHED))
    return None if took is None else (float(took) / 1e6, connection.execute(unfinished).scalar_one())


def open_jobs(connection: Connection) -> list[JobRecord]:
    """Return the jobs that have not ended, oldest first."""
    query = select(jobs).where(jobs.c.status.in_(UNFINISHED)).order_by(jobs.c.created_at, jobs.c.job_id)
    return [_record(row) for row in connection.execute(query)]


def claim_job(connection: Connection, job: JobRecord, owner: str, seconds: float) -> JobRecord | None:
    """Make `owner` write the file of a job from its beginning, unless another was quicker.

    It is lost when nothing is heard of it for some seconds.

    A job whose second owner is lost, too, has failed: perhaps because of it.
    """
    as_it_was = and_(
        jobs.c.job_id == job.job_id,
        jobs.c.status == job.status,
        jobs.c.owner.is_not_distinct_from(job.owner),
        jobs.c.owner_expires_at.is_not_distinct_from(job.owner_expires_at),
    )
    found = select(jobs.c.job_id).where(as_it_was).with_for_update(skip_locked=True)
    if connection.execute(found).first() is None:
        return None
    lost = job.status == PROCESSING
    if lost and job.error_message:
        _change(connection, job.job_id, status=FAILED, completed_at=wall_micros(), error_message=LOST_TWICE)
        return None
    return _change(
        connection,
        job.job_id,
        status=PROCESSING,
        started_at=wall_micros(),
        trace_count=0,
        progress_percent=0.0,
        error_message=BEGUN_AGAIN if lost else None,
        owner=owner,
        owner_expires_at=expiry(connection, seconds),
    )


def note_progress(
    connection: Connection, job_id: str, owner: str, *, trace_count: int, percent: float, seconds: float
) -> bool:
    """Keep how far an owner is and that it lives; return whether the job is still its own and not cancelled."""
    lives_until = expiry(connection, seconds)
    values = {"trace_count": trace_count, "progress_percent": percent, "owner_expires_at": lives_until}
    return _change_own(connection, job_id, owner, values) is not None


def complete_job(connection: Connection, job_id: str, owner: str, **values: object) -> bool:
    """Keep that the file is there; return whether the job was still the owner's."""
    done: dict[str, object] = {
        "status": COMPLETED,
        "progress_percent": 100.0,
        "error_message": None,
        "owner": None,
    }
    return _change_own(connection, job_id, owner, done | values) is not None


def fail_job(connection: Connection, job_id: str, owner: str, error: str) -> None:
    """Keep why there will be no file."""
    values = {"status": FAILED, "completed_at": wall_micros(), "error_message": error, "owner": None}
    _change_own(connection, job_id, owner, values)


def fail_unreadable(connection: Connection) -> list[str]:
    """Fail the jobs that have not ended and whose rows cannot be read; return their identifiers."""
    failed = []
    for row in connection.execute(select(jobs).where(jobs.c.status.in_(UNFINISHED))).all():
        try:
            _record(row)
        except DecodeError:
            failed.append(row.job_id)
    values = {"status": FAILED, "completed_at": wall_micros(), "error_message": UNREADABLE, "owner": None}
    # Without what was asked, so that lists of jobs can be read again.
    connection.execute(update(jobs).where(jobs.c.job_id.in_(failed)).values(values | {"request": b""}))
    return failed


def give_back_job(connection: Connection, job_id: str, owner: str) -> None:
    """Leave a job to whoever comes next, from its beginning."""
    values: dict[str, object] = {"status": PENDING, "started_at": None, "owner": None, "owner_expires_at": None}
    _change_own(connection, job_id, owner, values | {"trace_count": None, "progress_percent": 0.0})


def cancel_job(connection: Connection, job_id: str) -> JobRecord | None:
    """Cancel a job that has not ended; None when it has."""
    return _changed(
        connection,
        and_(jobs.c.job_id == job_id, jobs.c.status.in_(UNFINISHED)),
        {"status": CANCELLED, "completed_at": wall_micros(), "owner": None, "error_message": None},
    )


def jobs_to_expire(connection: Connection, now: int, limit: int) -> list[JobRecord]:
    """Return completed jobs whose time is over."""
    query = select(jobs).where(jobs.c.status == COMPLETED, jobs.c.expires_at <= now).limit(limit)
    return [_record(row) for row in connection.execute(query)]


def expire_job(connection: Connection, job_id: str) -> None:
    """Keep that the file of a completed job is deleted."""
    _changed(
        connection,
        and_(jobs.c.job_id == job_id, jobs.c.status == COMPLETED),
        {"status": EXPIRED, "file_path": None},
    )


def forget_jobs(connection: Connection, now: int) -> None:
    """Delete jobs that ended long ago and have no file."""
    ended = func.coalesce(jobs.c.expires_at, jobs.c.completed_at)
    connection.execute(
        delete(jobs).where(jobs.c.status.in_((FAILED, CANCELLED, EXPIRED)), ended < now - FORGET_MICROS)
    )


def find_jobs(connection: Connection, job_ids: Sequence[str]) -> dict[str, JobRecord]:
    """Return those of some jobs that there are, by their identifiers."""
    return {
        row.job_id: _record(row)
        for some in chunks(job_ids)
        for row in connection.execute(select(jobs).where(jobs.c.job_id.in_(some)))
    }


def _visible(connection: Connection, scope: Scope) -> ColumnElement[bool]:
    if scope.projects is None:
        return true()
    # Few different ones: jobs are forgotten days after they have ended.
    written = connection.execute(select(jobs.c.project_id).distinct()).scalars()
    return jobs.c.project_id.in_([text for text in written if scope.covers(Scope.read(text))])


def _get(connection: Connection, condition: ColumnElement[bool]) -> JobRecord | None:
    row = connection.execute(select(jobs).where(condition)).one_or_none()
    return None if row is None else _record(row)


def _change_own(connection: Connection, job_id: str, owner: str, values: Mapping[str, object]) -> JobRecord | None:
    mine = and_(jobs.c.job_id == job_id, jobs.c.owner == owner, jobs.c.status == PROCESSING)
    return _changed(connection, mine, values)


def _change(connection: Connection, job_id: str, **values: object) -> JobRecord | None:
    return _changed(connection, jobs.c.job_id == job_id, values)


def _changed(
    connection: Connection, condition: ColumnElement[bool], values: Mapping[str, object]
) -> JobRecord | None:
    row = connection.execute(update(jobs).where(condition).values(values).returning(*jobs.c)).one_or_none()
    if row is None:
        return None
    changed = _record(row)
    _tell(connection, changed)
    return changed


def _tell(connection: Connection, job: JobRecord) -> None:
    data = event_pb2.ExportJobEvent(
        job_id=job.job_id,
        status=job.status,
        progress_percent=job.progress_percent,
        trace_count=job.trace_count,
    )
    record_events(connection, [make_event(EXPORT_JOB_STATUS, job.scope.written(), data, wall_micros())])


def _record(row: Any) -> JobRecord:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    values["scope"] = Scope.read(values.pop("project_id"))
    values["request"] = export_pb2.CreateExportRequest.FromString(values["request"])
    return JobRecord(**values)
