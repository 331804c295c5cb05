"""Carries out the export jobs of a database, together with the other controllers that share it."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from controller.dispatch.changes import Changes
from controller.dispatch.ownership import OWNER_SECONDS, may_take_over, owner_id
from controller.exports.asked import read_export
from controller.exports.places import PART, Place
from controller.exports.sink import TooLargeError
from controller.exports.writing import FileWriting, Progress, RunGoneError, Written
from controller.store.database import Database, DatabaseAwayError
from controller.store.exports import (
    COMPLETED,
    PENDING,
    PROCESSING,
    UNREADABLE,
    JobRecord,
    claim_job,
    complete_job,
    expire_job,
    fail_job,
    fail_unreadable,
    find_jobs,
    forget_jobs,
    give_back_job,
    jobs_to_expire,
    note_progress,
    open_jobs,
)
from controller.store.ownership import now_micros
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError

log = structlog.get_logger()

LOOK_SECONDS = 1.0  # for jobs that others have created or left behind
BEAT_SECONDS = 2.0  # between two signs of life of a job
TIDY_SECONDS = 60.0
EXPIRED_AT_ONCE = 100
_NAME = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-[0-9a-f]{8}\.[a-z.]+", re.ASCII)


@dataclass(slots=True)
class Exports:
    """The jobs this controller carries out. `start` first, `stop` last.

    Files grow in `folder` under names that end with ".part"; a finished one goes to `place` under another name.
    """

    database: Database
    place: Place
    folder: Path
    at_once: int  # jobs
    most_bytes: int  # of a file
    keep_seconds: float  # from completion until the file is deleted
    owner: str = field(default_factory=owner_id)
    threads: ThreadPoolExecutor = field(init=False)
    _changes: Changes = field(default_factory=Changes)
    _running: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.threads = ThreadPoolExecutor(self.at_once, "export-writer")

    def start(self) -> None:
        """Begin to carry out jobs, and to remove what is left of others."""
        self._tasks = [asyncio.create_task(self._look_always()), asyncio.create_task(self._tidy_always())]

    async def stop(self) -> None:
        """Leave the jobs under way to the next controller, without a trace of their files."""
        tasks = [*self._tasks, *self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(self.threads.shutdown)

    def look(self) -> None:
        """Look for new jobs now."""
        self._changes.publish()

    def cancelled(self, job_id: str) -> None:
        """Stop a job that was cancelled in the database; another controller notices at its next sign of life."""
        if job_id in self._running:
            self._running[job_id].cancel()

    async def _look_always(self) -> None:
        await self._tidy()
        while True:
            seen = self._changes.revision
            try:
                await self._claim()
            except LoadcellError as error:
                log.warning("exports_not_looked_for", error=str(error.__cause__ or error))
            except Exception:
                # One job that cannot be read must not end all exports.
                log.exception("exports_not_looked_for")
                with suppress(LoadcellError):
                    for job_id in await self.database.write(fail_unreadable):
                        log.warning("export_failed", job_id=job_id, error=UNREADABLE)
            await self._changes.wait(seen, LOOK_SECONDS)

    async def _claim(self) -> None:
        """Begin as many jobs as there is room for."""
        if len(self._running) >= self.at_once:
            return
        now, jobs = await self.database.read(lambda c: (now_micros(c), open_jobs(c)))
        for job in jobs:
            free = job.status == PENDING or may_take_over(job.owner, job.owner_expires_at, now)
            if not free or job.job_id in self._running:
                continue
            claim = partial(claim_job, job=job, owner=self.owner, seconds=OWNER_SECONDS)
            mine = await self.database.write(claim)
            if mine is not None:
                task = asyncio.create_task(self._carry_out(mine), name=f"export {mine.job_id}")
                self._running[mine.job_id] = task
                task.add_done_callback(partial(self._ended, mine.job_id))
            if len(self._running) >= self.at_once:
                return

    def _ended(self, job_id: str, _task: asyncio.Task[None]) -> None:
        self._running.pop(job_id, None)
        self.look()

    async def _carry_out(self, job: JobRecord) -> None:
        """Write the file of a job of ours, and leave nothing behind if there will be none."""
        stem = f"{job.job_id}-{uuid.uuid4().hex[:8]}"
        part = self.folder / f"{stem}{PART}"
        log.info("export_started", job_id=job.job_id, format=job.format, compression=job.compression)
        try:
            await self._on_thread(partial(self._remove_parts, job.job_id))
            asked = read_export(job.request, job.created_at)
            writing = FileWriting(self.database, self.threads, asked, job.scope, part, self.most_bytes)
            async with self._beating(job, writing.progress):
                written = await writing.write()
                count = writing.progress.trace_count
                await _to_the_end(self._keep(job, written, f"{stem}{asked.choice.extension}", count))
        except asyncio.CancelledError:
            log.info("export_stopped", job_id=job.job_id)
            await _to_the_end(self._give_back(job))
            raise
        except (TooLargeError, RunGoneError) as error:
            log.warning("export_failed", job_id=job.job_id, error=self._why(error))
            await _to_the_end(self._fail(job, error))
        except Exception as error:
            log.exception("export_failed", job_id=job.job_id)
            await _to_the_end(self._fail(job, error))

    async def _keep(self, job: JobRecord, written: Written, name: str, count: int) -> None:
        """Put a finished file into its place and say that it is there."""
        try:
            await self._on_thread(partial(self.place.put, written.path, name))
            now = wall_micros()
            done = partial(
                complete_job,
                job_id=job.job_id,
                owner=self.owner,
                completed_at=now,
                expires_at=now + round(self.keep_seconds * 1e6),
                trace_count=count,
                file_size_bytes=written.size,
                sha256=written.sha256,
                file_path=name,
            )
            mine = await self.database.write(done)
        except DatabaseAwayError:
            # Whether it is completed is not known; if it is not, the file is a leftover of the one begun again.
            raise
        except Exception:
            await self._on_thread(partial(self.place.delete, name))
            raise
        if mine:
            log.info("export_completed", job_id=job.job_id, trace_count=count, bytes=written.size)
        else:
            # Cancelled in the last moment, or another controller took us for lost.
            log.warning("export_given_up", job_id=job.job_id)
            await self._on_thread(partial(self.place.delete, name))

    async def _give_back(self, job: JobRecord) -> None:
        await self._on_thread(partial(self._remove_parts, job.job_id))
        with suppress(LoadcellError):
            await self.database.write(partial(give_back_job, job_id=job.job_id, owner=self.owner))

    async def _fail(self, job: JobRecord, error: Exception) -> None:
        await self._on_thread(partial(self._remove_parts, job.job_id))
        with suppress(LoadcellError):
            failed = partial(fail_job, job_id=job.job_id, owner=self.owner, error=self._why(error))
            await self.database.write(failed)

    @asynccontextmanager
    async def _beating(self, job: JobRecord, progress: Progress) -> AsyncIterator[None]:
        """Tell again and again that a job is under way; stop it once it is no longer ours."""
        beating = asyncio.create_task(self._beat(job, progress, asyncio.current_task()))
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)

    async def _beat(self, job: JobRecord, progress: Progress, task: asyncio.Task[None] | None) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            beat = partial(
                note_progress,
                job_id=job.job_id,
                owner=self.owner,
                trace_count=progress.trace_count,
                percent=progress.percent,
                seconds=OWNER_SECONDS,
            )
            with suppress(LoadcellError):
                if not await self.database.write(beat) and task is not None:
                    task.cancel()
                    return

    def _why(self, error: Exception) -> str:
        """Return what is told of a failure."""
        match error:
            case LoadcellError():
                return error.message
            case TooLargeError():
                return f"the file would be larger than {self.most_bytes:,} bytes; ask for fewer traces or fields"
            case OSError(strerror=str(reason)):
                return f"the file could not be written: {reason}"
            case OSError():
                return "the store of exports did not take the file; the log of the controller has the cause"
        return "an unexpected error; the log of the controller has the cause"

    def _remove_parts(self, job_id: str) -> None:
        for part in self.folder.glob(f"{job_id}-*{PART}"):
            part.unlink(missing_ok=True)

    async def _on_thread(self, work: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self.threads, work)

    async def _tidy_always(self) -> None:
        while True:
            await asyncio.sleep(TIDY_SECONDS)
            await self._tidy()

    async def _tidy(self) -> None:
        try:
            await self._expire()
            await self._remove_leftovers()
        except Exception:
            # The place may be away; a file more or less can wait.
            log.exception("exports_not_tidied")

    async def _expire(self) -> None:
        """Delete the files whose time is over, then say so, and forget jobs that ended long ago."""
        now = wall_micros()
        for job in await self.database.read(partial(jobs_to_expire, now=now, limit=EXPIRED_AT_ONCE)):
            if job.file_path:
                await asyncio.to_thread(self.place.delete, job.file_path)
            await self.database.write(partial(expire_job, job_id=job.job_id))
        await self.database.write(partial(forget_jobs, now=now))

    async def _remove_leftovers(self) -> None:
        """Remove files that controllers have left which were killed: nobody writes them, and no job has them.

        The owner of a job that is processed may come back however long it stood still, and complete it.
        """
        parts, kept = await asyncio.to_thread(self._names)
        found = dict(_of_jobs([*parts, *kept]))
        job_ids = sorted(set(found.values()))
        jobs = await self.database.read(partial(find_jobs, job_ids=job_ids))
        for name, job_id in found.items():
            # A file of an unknown job belongs to another database that shares the place.
            job = jobs.get(job_id)
            if job is None or job.status == PROCESSING or (name == job.file_path and job.status == COMPLETED):
                continue
            log.info("export_leftover_removed", job_id=job_id, name=name)
            if name in parts:
                await asyncio.to_thread((self.folder / name).unlink, missing_ok=True)
            else:
                await asyncio.to_thread(self.place.delete, name)

    def _names(self) -> tuple[set[str], set[str]]:
        parts = {path.name for path in self.folder.glob(f"*{PART}")} if self.folder.is_dir() else set()
        return parts, set(self.place.names()) - parts


async def _to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Do what must not be left half done; a cancel in the middle of it comes too late."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        task.result()


def _of_jobs(names: list[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        if match := _NAME.fullmatch(name):
            yield name, match[1]
