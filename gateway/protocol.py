"""HTTP as uvicorn parses it, except for what it says of bytes that are not HTTP."""

from __future__ import annotations

import uuid

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.errors import error_document
from loadcell.errors import LoadcellError


class JsonHttpProtocol(HttpToolsProtocol):
    """Answers a malformed request as every other error is answered; no application sees such a request."""

    def send_400_response(self, msg: str) -> None:
        """Refuse the request and close the connection."""
        error = LoadcellError("INVALID_REQUEST", msg)
        body = orjson.dumps(error_document(error, path="", request_id=str(uuid.uuid4())))
        head = (
            "HTTP/1.1 400 Bad Request\r\n"
            "content-type: application/json\r\n"
            "x-content-type-options: nosniff\r\n"
            f"content-length: {len(body)}\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
        self.transport.close()
