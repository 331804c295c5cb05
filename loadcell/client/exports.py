"""The part of the client that is about files of requests and about what happens."""

import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import grpc

from loadcell.client.calls import answer, responses
from loadcell.v1 import event_pb2, event_pb2_grpc, export_pb2, export_pb2_grpc


class Exports:
    """Exports and events."""

    _channel: grpc.aio.Channel
    _timeout: float

    async def create_export(self, format: str, **filters: object) -> export_pb2.CreatedExport:  # noqa: A002 (the field of the request)
        """Let traces be written to a file. The other arguments are the fields of CreateExportRequest.

        Raises:
            LoadcellError: The request is refused; `field` names the argument.
        """
        named: dict[str, object] = {"request_id": str(uuid.uuid4()), **filters}
        request = export_pb2.CreateExportRequest(format=format, **named)  # type: ignore[arg-type]
        call = export_pb2_grpc.ExportServiceStub(self._channel).CreateExport(request, timeout=self._timeout)
        response: export_pb2.CreateExportResponse = await answer(call)
        return response.data

    async def export_jobs(
        self, *, status: str = "", project_id: str = "", page_size: int = 20
    ) -> AsyncGenerator[export_pb2.ExportJob, None]:
        """Yield the export jobs, newest first."""
        stub, cursor = export_pb2_grpc.ExportServiceStub(self._channel), ""
        while True:
            request = export_pb2.ListExportJobsRequest(
                status=status, project_id=project_id, limit=page_size, cursor=cursor
            )
            page: export_pb2.ListExportJobsResponse = await answer(
                stub.ListExportJobs(request, timeout=self._timeout)
            )
            for job in page.data:
                yield job
            if not page.pagination.has_more:
                return
            cursor = page.pagination.cursor

    async def export_job(self, job_id: str) -> export_pb2.ExportJob:
        """Return one export job."""
        request = export_pb2.GetExportJobRequest(job_id=job_id)
        call = export_pb2_grpc.ExportServiceStub(self._channel).GetExportJob(request, timeout=self._timeout)
        response: export_pb2.GetExportJobResponse = await answer(call)
        return response.data

    async def cancel_export(self, job_id: str) -> export_pb2.ExportJob:
        """Stop an export job; nothing is left of its file."""
        request = export_pb2.CancelExportJobRequest(job_id=job_id)
        call = export_pb2_grpc.ExportServiceStub(self._channel).CancelExportJob(request, timeout=self._timeout)
        response: export_pb2.CancelExportJobResponse = await answer(call)
        return response.data

    async def download_export(self, job_id: str, *, offset: int = 0) -> AsyncGenerator[bytes, None]:
        """Yield the file of a completed job from a byte on, piece by piece."""
        request = export_pb2.DownloadExportRequest(job_id=job_id, offset=offset)
        call = export_pb2_grpc.ExportServiceStub(self._channel).DownloadExport(request)
        async with aclosing(responses(call)) as pieces:
            async for piece in pieces:
                yield piece.data

    async def events(
        self,
        kinds: Sequence[str],
        *,
        filters: event_pb2.EventFilter | None = None,
        after_sequence: int | None = None,
    ) -> AsyncGenerator[event_pb2.SubscribeResponse, None]:
        """Yield what happens until the caller leaves or the controller does: kinds as in SubscribeRequest.

        The number of the last event, given as `after_sequence`, lets another call go on where this one ended.
        """
        request = event_pb2.SubscribeRequest(events=kinds, filters=filters, after_sequence=after_sequence)
        call = event_pb2_grpc.EventServiceStub(self._channel).Subscribe(request)
        async with aclosing(responses(call)) as events:
            async for event in events:
                yield event
