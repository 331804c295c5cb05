"""How a route that is no method of the contract describes itself: an `Operation` beside it, listed in app.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Schema = dict[str, Any]

JSON = "application/json"
WEBSOCKET = "WS"
"""In the place of a verb. OpenAPI knows of no WebSockets: the document has them in x-websockets."""
FILE: Mapping[str, Schema] = {"*/*": {"type": "string", "format": "binary"}}
"""Content of any type, as it is downloaded."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered with one status.

    `content` has a schema for each media type, none for an empty body; `headers` what each header says, beside
    those every answer has.
    """

    description: str
    content: Mapping[str, Schema] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """One verb of one path.

    Args:
        path: as the route has it, `{name}` for what varies.
        name: identifier, unique in the document, as MethodsAreWritten.
        tag: the heading it stands under.
        summary: one sentence.
        answers: by status; refusals are added.
        verb: the HTTP verb, or WEBSOCKET.
        description: what more there is to say.
        parameters: of `path_parameter`, `query_parameter` and `header_parameter`.
        body: schemas of the body by media type.
        refused: reasons of the error catalog that are its own.
        calls: whether it calls the controller with the caller's credential, which refuses what it always does.
    """

    path: str
    name: str
    tag: str
    summary: str
    answers: Mapping[int, Answer]
    verb: str = "GET"
    description: str = ""
    parameters: Sequence[Schema] = ()
    body: Mapping[str, Schema] = field(default_factory=dict)
    refused: Sequence[str] = ()
    calls: bool = True


def json_answer(description: str, example: Mapping[str, Any]) -> Answer:
    """Return an answer that is an object with the names of an example; all of them are always there."""
    properties = {name: {"type": _TYPES[type(value)]} for name, value in example.items()}
    schema = {"type": "object", "properties": properties, "required": list(example), "examples": [dict(example)]}
    return Answer(description, {JSON: schema})


def path_parameter(name: str, description: str, example: str) -> Schema:
    """Return what varies in a path."""
    return {**_parameter(name, "path", description), "required": True, "example": example}


def query_parameter(name: str, description: str, schema: Schema | None = None) -> Schema:
    """Return an optional parameter of the URL; a text unless its schema is given."""
    return _parameter(name, "query", description, schema)


def header_parameter(name: str, description: str) -> Schema:
    """Return an optional header of the request."""
    return _parameter(name, "header", description)


def _parameter(name: str, where: str, description: str, schema: Schema | None = None) -> Schema:
    return {"name": name, "in": where, "description": description, "schema": schema or {"type": "string"}}


_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", dict: "object", list: "array"}
