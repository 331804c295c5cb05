"""The bytes of a finished file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from controller.exports.asked import read_export
from controller.exports.listing import has_file
from controller.exports.places import FileGoneError
from controller.exports.runner import Exports
from controller.store.exports import JobRecord
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.v1 import export_pb2


async def download(
    exports: Exports, job: JobRecord, request: export_pb2.DownloadExportRequest
) -> AsyncIterator[export_pb2.DownloadExportResponse]:
    """Yield a part of the file of a job in pieces; the first tells of the whole file.

    Raises:
        LoadcellError: EXPORT_NOT_READY, EXPORT_NOT_FOUND, or INVALID_FIELD_VALUE for a part beyond the end.
    """
    metadata = {"job_id": job.job_id, "status": job.status}
    if not has_file(job, wall_micros()):
        raise LoadcellError(
            "EXPORT_NOT_READY", f"export job {job.job_id} is {job.status}: no file", metadata=metadata
        )
    size, name = job.file_size_bytes or 0, job.file_path or ""
    if not 0 <= request.offset <= size:
        raise LoadcellError(
            "INVALID_FIELD_VALUE", f"offset must be from 0 to {size}, not {request.offset}", field="offset"
        )
    if request.length < 0:
        raise LoadcellError(
            "INVALID_FIELD_VALUE", f"length must be at least 0, not {request.length}", field="length"
        )
    choice = read_export(job.request, job.created_at).choice
    response = export_pb2.DownloadExportResponse(
        offset=request.offset,
        total_bytes=size,
        filename=f"traces-{job.job_id[:8]}{choice.extension}",
        content_type=choice.content_type,
        sha256=job.sha256 or "",
    )
    left = size - request.offset
    pieces = exports.place.read(name, request.offset, min(left, request.length or left))
    told = False
    try:
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            response.data = piece
            yield response
            told = True
            response = export_pb2.DownloadExportResponse(offset=response.offset + len(piece))
    except FileGoneError as error:
        raise LoadcellError(
            "EXPORT_NOT_FOUND",
            f"the file of export job {job.job_id} is gone, or on the disk of another controller",
            metadata=metadata,
        ) from error
    if not told:
        yield response
