"""Downloads of exports: a stream of the controller as the body of an HTTP answer, from any byte on."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, cast

from google.protobuf.message import Message
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.conditional import caching_headers, is_known
from gateway.credentials import credentials
from gateway.errors import error_response
from gateway.openapi.operation import FILE, Answer, Operation, header_parameter, path_parameter
from gateway.ranges import UnsatisfiableError, read_range
from gateway.upstream import Upstream
from loadcell.errors import LoadcellError
from loadcell.v1 import export_pb2

PATH = "/api/v1/export/jobs/{job_id}/download"
_SERVICE = export_pb2.DESCRIPTOR.services_by_name["ExportService"]
_HEADERS = {
    "ETag": "Which file this is.",
    "Accept-Ranges": "bytes.",
    "Content-Disposition": "The name of the file.",
}
METHOD = _SERVICE.methods_by_name["DownloadExport"]
OPERATION = Operation(
    PATH,
    METHOD.name,
    "Export",
    "Streams the file of a completed job",
    {
        200: Answer("The file.", FILE, _HEADERS),
        206: Answer(
            "The part of the file.", FILE, {**_HEADERS, "Content-Range": "Which bytes these are, and of how many."}
        ),
        304: Answer("The caller has the file.", headers={"ETag": _HEADERS["ETag"]}),
    },
    description="Any part of it with Range, of the same file with If-Range.",
    parameters=(
        path_parameter("job_id", "Identifier of the job, a UUID.", "c2a4e6f8-1b3d-4f5a-8e7c-9d0b2a4c6e8f"),
        header_parameter("Range", "Bytes that are wanted, such as bytes=1000-."),
        header_parameter("If-None-Match", "ETags of files the caller has."),
        header_parameter("If-Range", "ETag of the file that Range is about; of another, all is answered."),
    ),
    refused=(
        "INVALID_FIELD_FORMAT",
        "RESOURCE_NOT_FOUND",
        "JOB_NOT_FOUND",
        "EXPORT_NOT_FOUND",
        "EXPORT_NOT_READY",
        "RANGE_NOT_SATISFIABLE",
    ),
)
_GET_JOB = _SERVICE.methods_by_name["GetExportJob"]


def download_route(upstream: Upstream) -> Route:
    """Return the route of downloads."""
    return Route(PATH, _Download(upstream))


class _Download:
    """The route, as an ASGI application."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if request.method not in {"GET", "HEAD"}:
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        response = await self._answer(request, request.path_params["job_id"])
        await response(scope, receive, send)

    async def _answer(self, request: Request, job_id: str) -> Response:
        if request.query_params:
            name = next(iter(request.query_params))[:128]
            raise LoadcellError("UNKNOWN_FIELD", f"a download takes no parameter {name}", field=name)
        metadata = credentials(request)
        found = await self._upstream.call(
            _GET_JOB, export_pb2.GetExportJobRequest(job_id=job_id), metadata=metadata
        )
        job = cast("export_pb2.GetExportJobResponse", found).data
        size, tag = job.file_size_bytes, f'"{job.sha256[:32]}"'
        caching, part = caching_headers(tag), None
        if job.sha256:  # without a file the stream says why there is none
            if is_known(request.headers, caching):
                return Response(status_code=304, headers=caching)
            try:
                part = _part(request, tag, size)
            except UnsatisfiableError:
                return _unsatisfiable(request, size)
        first, length = part or (0, size)
        asked = export_pb2.DownloadExportRequest(job_id=job_id, offset=first, length=length)
        pieces = self._upstream.stream(METHOD, asked, metadata=metadata)
        # An error comes instead of the first piece, while the status can still say so.
        head = cast("export_pb2.DownloadExportResponse", await anext(pieces))
        if not job.sha256:  # the file was written after we had looked: its size is known now
            await pieces.aclose()
            return await self._answer(request, job_id)
        headers = {
            "Accept-Ranges": "bytes",
            "Content-Disposition": f'attachment; filename="{head.filename}"',
            "Content-Length": str(length),
            "Content-Type": head.content_type,
            **caching,
        }
        if part is not None:
            headers["Content-Range"] = f"bytes {first}-{first + length - 1}/{size}"
        status = 200 if part is None else 206
        if request.method == "HEAD":
            await pieces.aclose()
            return Response(None, status, headers=headers)
        return StreamingResponse(_body(head.data, pieces), status, headers=headers)


async def _body(first: bytes, pieces: AsyncGenerator[Message, None]) -> AsyncIterator[bytes]:
    async with aclosing(pieces):
        yield first
        async for piece in pieces:
            message: Any = piece
            yield message.data


def _part(request: Request, tag: str, size: int) -> tuple[int, int] | None:
    # Of the file the client has begun to read and of no other; only GET is about parts.
    if request.method != "GET" or request.headers.get("if-range", tag) != tag:
        return None
    return read_range(request.headers.get("range", ""), size)


def _unsatisfiable(request: Request, size: int) -> Response:
    error = LoadcellError("RANGE_NOT_SATISFIABLE", f"the file has {size} bytes", field="Range")
    headers = {"Content-Range": f"bytes */{size}"}
    return error_response(error, path=request.url.path, request_id=request.scope["request_id"], headers=headers)
