"""HTTP responses made of the controller's answers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import orjson
from google.api import httpbody_pb2
from google.protobuf.message_factory import GetMessageClass
from starlette.datastructures import Headers
from starlette.responses import Response

from gateway.bindings import Binding
from gateway.chosen import leave_out
from gateway.conditional import caching_headers, is_known, tag_of
from gateway.envelope import envelope_of
from gateway.texts import Text, Texts
from loadcell.documents import Wanted, render
from loadcell.v1 import envelope_pb2

_FILE = httpbody_pb2.HttpBody.DESCRIPTOR.full_name
JSON = "application/json"
_EXTENSIONS = {
    "text/csv": "csv",
    JSON: "json",
    "application/x-ndjson": "jsonl",
    "text/html": "html",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}


class Responses:
    """Makes the responses of one verb and path: a document in JSON, or a download with its own type.

    Args:
        binding: the verb and path.
        texts: documents that were written before. What a call changes, or makes, is not kept there.
    """

    def __init__(self, binding: Binding, texts: Texts) -> None:
        self._binding = binding
        self._answer = GetMessageClass(binding.response)
        self._is_file = binding.response.full_name == _FILE
        self._envelope = None if binding.response_body else envelope_of(binding.response)
        self._texts = texts if binding.is_read else None
        self._kind = f"{binding.response.full_name}.{binding.response_body}"

    def make(self, answer: bytes, asked: Headers, path: Iterable[tuple[str, str]], wanted: Wanted) -> Response:
        """Return the response to a call.

        Args:
            answer: the controller's, as it came.
            asked: headers of the call.
            path: decoded variables of its path.
            wanted: what is wanted of the document; a download is whole.
        """
        if self._is_file:
            return self._file(httpbody_pb2.HttpBody.FromString(answer), asked, path)
        data, meta = (answer, None) if self._envelope is None else self._envelope.open(answer)
        text = self._text(data, wanted)
        headers = {"Content-Type": JSON}
        if self._binding.verb == "GET":
            told = caching_headers(text.tag, meta)
            if is_known(asked, told):
                return Response(None, 304, told)
            headers |= told
        return Response(_whole(text.body, meta), self._binding.status, headers)

    def _text(self, data: bytes, wanted: Wanted) -> Text:
        if self._texts is not None and not wanted:
            return self._texts.of(self._kind, data, lambda: self._write(data, wanted))
        body = self._write(data, wanted)
        return Text(body, tag_of(body))

    def _write(self, data: bytes, wanted: Wanted) -> bytes:
        document: Any = render(self._answer.FromString(data))
        leave_out(document, wanted)
        inner = self._binding.response_body
        return orjson.dumps(document.get(inner) if inner else document)

    def _file(self, file: Any, asked: Headers, path: Iterable[tuple[str, str]]) -> Response:
        told: dict[str, str] = {}
        if self._binding.verb == "GET":
            told = caching_headers(tag_of(file.data))
            if is_known(asked, told):
                return Response(None, 304, told)
        name = _filename(self._binding, file.content_type, path)
        own = {"Content-Type": file.content_type, "Content-Disposition": f'attachment; filename="{name}"'}
        return Response(file.data, self._binding.status, own | told)


def _whole(body: bytes, meta: envelope_pb2.ResponseMeta | None) -> bytes:
    """Return the text of an answer with its `meta` in it, as the last field of the object that the text is."""
    return body if meta is None else b"".join((body[:-1], b',"meta":', orjson.dumps(render(meta)), b"}"))


def _filename(binding: Binding, media_type: str, path: Iterable[tuple[str, str]]) -> str:
    """Return "<first 8 characters of the identifier>_<area>.<extension>", the area being that of the API path."""
    areas = binding.template.documented.removeprefix("/api/v1").strip("/").split("/")
    identifiers = (value[:8] for field, value in path if field.endswith("_id"))
    stem = "_".join([*identifiers, areas[0]])
    extension = _EXTENSIONS.get(media_type.partition(";")[0].strip(), "bin")
    return f"{re.sub(r'[^A-Za-z0-9._-]', '-', stem)}.{extension}"
