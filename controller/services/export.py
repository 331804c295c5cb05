"""ExportService."""

# Names and signatures are those of the generated classes.
# ruff: noqa: N802

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from controller.exports.asked import read_export, read_job_id, read_scope
from controller.exports.download import download
from controller.exports.listing import JOBS_PATH, job_message, page_of_jobs, require_job
from controller.exports.runner import Exports
from controller.messages import timestamp
from controller.services.answers import Answers
from controller.services.caller import scope_of
from controller.store.database import Database
from controller.store.exports import (
    MAX_UNFINISHED,
    PENDING,
    JobRecord,
    cancel_job,
    insert_job,
    seconds_of_a_job,
)
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.v1 import export_pb2, export_pb2_grpc


class ExportServicer(export_pb2_grpc.ExportServiceServicer):
    """Files of traces. Errors are raised as LoadcellError and translated by an interceptor."""

    def __init__(self, database: Database, answers: Answers, exports: Exports) -> None:
        self._database = database
        self._answers = answers
        self._exports = exports

    async def CreateExport(
        self, request: export_pb2.CreateExportRequest, context: Any
    ) -> export_pb2.CreateExportResponse:
        """Store a job; a repeat with the same request_id returns the first one."""
        scope = scope_of(context)

        async def compute() -> export_pb2.CreateExportResponse:
            exported, now = read_scope(request.project_id, scope), wall_micros()
            choice = read_export(request, now).choice
            job = JobRecord(
                job_id=read_job_id(request.request_id, exported),
                scope=exported,
                status=PENDING,
                format=choice.format,
                compression=choice.compression,
                request=request,
                created_at=now,
            )
            stored = await self._database.write(partial(insert_job, job=job), repeatable=True)
            if stored is None:
                raise LoadcellError(
                    "LIMIT_EXCEEDED", f"{MAX_UNFINISHED} exports wait already; cancel one or wait for one to end"
                )
            self._exports.look()
            return export_pb2.CreateExportResponse(data=await self._created(stored))

        return await self._answers.give(None, request, scope, compute)

    async def ListExportJobs(
        self, request: export_pb2.ListExportJobsRequest, context: Any
    ) -> export_pb2.ListExportJobsResponse:
        """Return a page of jobs."""
        scope = scope_of(context)

        async def compute() -> export_pb2.ListExportJobsResponse:
            return await self._database.read(lambda c: page_of_jobs(c, request, scope))

        return await self._answers.give(None, request, scope, compute)

    async def GetExportJob(
        self, request: export_pb2.GetExportJobRequest, context: Any
    ) -> export_pb2.GetExportJobResponse:
        """Return one job."""
        scope = scope_of(context)

        async def compute() -> export_pb2.GetExportJobResponse:
            job = await self._database.read(lambda c: require_job(c, request.job_id, scope))
            return export_pb2.GetExportJobResponse(data=job_message(job, wall_micros()))

        return await self._answers.give(None, request, scope, compute)

    async def CancelExportJob(
        self, request: export_pb2.CancelExportJobRequest, context: Any
    ) -> export_pb2.CancelExportJobResponse:
        """Cancel a job that has not ended."""
        scope = scope_of(context)

        async def compute() -> export_pb2.CancelExportJobResponse:
            job = await self._database.read(lambda c: require_job(c, request.job_id, scope))
            cancelled = await self._database.write(lambda c: cancel_job(c, job.job_id))
            if cancelled is None:
                raise LoadcellError(
                    "EXPORT_NOT_READY", f"export job {job.job_id} has ended", metadata={"job_id": job.job_id}
                )
            self._exports.cancelled(job.job_id)
            return export_pb2.CancelExportJobResponse(data=job_message(cancelled, wall_micros()))

        return await self._answers.give(None, request, scope, compute)

    async def DownloadExport(
        self, request: export_pb2.DownloadExportRequest, context: Any
    ) -> AsyncIterator[export_pb2.DownloadExportResponse]:
        """Stream a file from an offset on."""
        scope = scope_of(context)
        job = await self._database.read(lambda c: require_job(c, request.job_id, scope))
        async for piece in download(self._exports, job, request):
            yield piece

    async def _created(self, job: JobRecord) -> export_pb2.CreatedExport:
        speed = await self._database.read(seconds_of_a_job)
        created = export_pb2.CreatedExport(
            job_id=job.job_id,
            status=job.status,
            created_at=timestamp(job.created_at),
            status_url=f"{JOBS_PATH}/{job.job_id}",
        )
        if speed is not None:
            seconds, unfinished = speed
            ahead = max(1, unfinished) / self._exports.at_once
            created.estimated_completion_at.FromMicroseconds(
                job.created_at + round(1e6 * seconds * max(1.0, ahead))
            )
        return created
