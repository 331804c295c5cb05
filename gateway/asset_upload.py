"""Uploads of datasets and tokenizers: the body of an HTTP request as a stream to the controller."""

from __future__ import annotations

from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.body import body_in_pieces, check_announced, media_type_of
from gateway.credentials import credentials
from gateway.openapi.operation import JSON, Operation, json_answer, query_parameter
from gateway.upstream import UPLOAD, Upstream
from loadcell.documents import parse_query, render
from loadcell.documents.reader import unknown_field
from loadcell.errors import LoadcellError
from loadcell.protocol import MAX_ASSET_BYTES
from loadcell.v1 import run_pb2

PATH: Final = "/api/v1/assets"
_PARAMETERS: Final = ("kind", "filename")
_KINDS: Final = ["dataset", "tokenizer"]
_BINARY: Final = {"type": "string", "format": "binary"}
# Pages of other sites can send these, and what has no type, without asking; everything else needs their visitor's
# consent. A file is what it is, whatever type its sender gives it.
_REFUSED_TYPES: Final = ("", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data")
OPERATION = Operation(
    PATH,
    UPLOAD.name,
    "Run",
    "Stores a tokenizer or dataset under its SHA-256 for use by runs",
    {
        200: json_answer(
            "The stored file. The same bytes again have the same answer and change nothing.",
            {
                "sha256": "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c",
                "size_bytes": 20_480,
                "row_count": 400,
            },
        )
    },
    verb="POST",
    description=(
        f"The body is the file as it is, of at most {MAX_ASSET_BYTES // 2**20} MiB, under a type such as"
        " application/octet-stream or application/x-ndjson; no form and no text/plain. A dataset has one JSON"
        " object a line; row_count is 0 of a tokenizer."
    ),
    parameters=(
        {**query_parameter("kind", "What the file is.", {"type": "string", "enum": _KINDS}), "required": True},
        query_parameter("filename", "Name of the file for messages, at most 256 characters."),
    ),
    body=dict.fromkeys(("application/octet-stream", "application/x-ndjson"), _BINARY),
    refused=(
        "MISSING_REQUIRED_FIELD",
        "INVALID_FIELD_VALUE",
        "INVALID_FIELD_FORMAT",
        "MALFORMED_DATASET",
        "PAYLOAD_TOO_LARGE",
        "UNSUPPORTED_MEDIA_TYPE",
    ),
)


def asset_route(upstream: Upstream) -> Route:
    """Return the route of uploads."""

    async def upload(request: Request) -> Response:
        asset = _asset(request)
        media_type = media_type_of(request)
        if media_type in _REFUSED_TYPES:
            raise LoadcellError(
                "UNSUPPORTED_MEDIA_TYPE",
                f"send the file as it is, as application/octet-stream, not {media_type or 'untyped'}",
            )
        check_announced(request, MAX_ASSET_BYTES)
        pieces = body_in_pieces(request, MAX_ASSET_BYTES)
        stored = await upstream.upload(asset, pieces, metadata=credentials(request))
        return Response(orjson.dumps(render(stored)), media_type=JSON)

    return Route(PATH, upload, methods=["POST"])


def _asset(request: Request) -> run_pb2.UploadAssetRequest:
    """Return what the file is, by the parameters of the URL.

    Raises:
        LoadcellError: a category VALIDATION reason naming the parameter.
    """
    for name in request.query_params:
        if name not in _PARAMETERS:
            raise unknown_field(name, name, list(_PARAMETERS))
    asset = parse_query(run_pb2.UploadAssetRequest, request.query_params.multi_items())
    if asset.kind == run_pb2.ASSET_KIND_UNSPECIFIED:
        raise LoadcellError("MISSING_REQUIRED_FIELD", "kind must be dataset or tokenizer", field="kind")
    return asset
