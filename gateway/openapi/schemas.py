"""Message types as JSON schemas, in step with what loadcell.documents renders and parses."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from gateway.openapi.examples import example
from loadcell.documents import enum_words, is_non_empty, is_nullable, is_secret

Schema = dict[str, Any]
REQUIRED_MARK = "Required."
_Type = FieldDescriptor

_SCALARS: dict[int, Schema] = {
    _Type.CPPTYPE_INT32: {"type": "integer", "format": "int32"},
    _Type.CPPTYPE_INT64: {"type": "integer", "format": "int64"},
    _Type.CPPTYPE_UINT32: {"type": "integer", "minimum": 0},
    _Type.CPPTYPE_UINT64: {"type": "integer", "minimum": 0},
    _Type.CPPTYPE_DOUBLE: {"type": "number", "format": "double"},
    _Type.CPPTYPE_FLOAT: {"type": "number", "format": "float"},
    _Type.CPPTYPE_BOOL: {"type": "boolean"},
    _Type.CPPTYPE_STRING: {"type": "string"},
}
_SPECIAL: dict[str, Schema] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Struct": {"type": "object"},
    "google.protobuf.ListValue": {"type": "array", "items": {}},
    "google.protobuf.Value": {},
}


class Schemas:
    """The schemas of a document: asking for one by `reference` adds it and all it needs to `components`."""

    def __init__(self, comments: Mapping[str, str]) -> None:
        self.components: dict[str, Schema] = {}
        self.comments = comments

    def reference(self, descriptor: Descriptor, *, request: bool) -> Schema:
        """Return a reference to the schema of a message.

        Args:
            descriptor: the message.
            request: whether callers send it: then only fields whose comment begins with "Required." are required
                and unknown ones are refused. In answers every field that is always written is required.
        """
        if descriptor.full_name in _SPECIAL:
            return dict(_SPECIAL[descriptor.full_name])
        name = f"{_short(descriptor.full_name)}{'Input' if request and not _is_request(descriptor) else ''}"
        if name not in self.components:
            self.components[name] = {}  # a message may contain itself
            self.components[name] = self.inline(descriptor, request=request)
        return {"$ref": f"#/components/schemas/{name}"}

    def inline(self, descriptor: Descriptor, *, request: bool, without: Collection[str] = ()) -> Schema:
        """Return the schema of a message itself, leaving out some of its fields."""
        fields = [field for field in descriptor.fields if field.name not in without]
        if not request:
            fields = [field for field in fields if not is_secret(field)]
        nullable = is_nullable(descriptor) and not request
        schema: Schema = {
            "type": "object",
            "description": self.comment(descriptor.full_name),
            "properties": {
                field.name: self._property(field, request=request, nullable=nullable) for field in fields
            },
        }
        shown = example(descriptor, request=request, without=without)
        if shown:
            schema["examples"] = [shown]
        required = [field.name for field in fields if self._is_required(field, request, nullable)]
        if required:
            schema["required"] = required
        if request:
            schema["additionalProperties"] = False
        return schema

    def value(self, field: FieldDescriptor, *, request: bool) -> Schema:
        """Return the schema of a field without its description."""
        entry = field.message_type
        if entry is not None and entry.GetOptions().map_entry:
            value = entry.fields_by_name["value"]
            return {"type": "object", "additionalProperties": self._single(value, request=request)}
        single = self._single(field, request=request)
        if not field.is_repeated:
            return single
        least = {"minItems": 1} if is_non_empty(field) else {}
        return {"type": "array", "items": single, **least}

    def comment(self, full_name: str) -> str:
        """Return the comment of an element of the contract."""
        return self.comments.get(full_name, "")

    def is_required(self, field: FieldDescriptor) -> bool:
        """Whether callers must set the field."""
        return self.comment(field.full_name).startswith(REQUIRED_MARK)

    def _is_required(self, field: FieldDescriptor, request: bool, nullable: bool) -> bool:
        if request:
            return self.is_required(field)
        return (nullable or not field.has_presence) and not is_non_empty(field)

    def _property(self, field: FieldDescriptor, *, request: bool, nullable: bool) -> Schema:
        schema = self.value(field, request=request)
        # In a request null is the same as nothing.
        if not self.is_required(field) if request else nullable and field.has_presence:
            schema = _or_null(schema)
        if is_secret(field):
            schema["writeOnly"] = True
        comment = self.comment(field.full_name)
        return {**schema, "description": comment} if comment else schema

    def _single(self, field: FieldDescriptor, *, request: bool) -> Schema:
        if field.message_type is not None:
            return self.reference(field.message_type, request=request)
        if field.enum_type is not None:
            return self._enum(field.enum_type)
        if field.type == _Type.TYPE_BYTES:
            return {"type": "string", "contentEncoding": "base64"}
        return dict(_SCALARS[field.cpp_type])

    def _enum(self, enum: EnumDescriptor) -> Schema:
        name = _short(enum.full_name)
        if name not in self.components:
            words = enum_words(enum)
            package = enum.full_name.rpartition(".")[0]
            lines = [self.comment(enum.full_name)]
            for value in enum.values:
                comment = self.comment(f"{enum.full_name}.{value.name}") or self.comment(f"{package}.{value.name}")
                lines.append(f"- `{words[value.number]}`: {comment}")
            self.components[name] = {
                "type": "string",
                "enum": list(words.values()),
                "description": "\n".join(lines),
            }
        return {"$ref": f"#/components/schemas/{name}"}


def _or_null(schema: Schema) -> Schema:
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]} if schema else schema


def _short(full_name: str) -> str:
    return full_name.removeprefix("loadcell.v1.")


def _is_request(descriptor: Descriptor) -> bool:
    return bool(descriptor.name.endswith("Request"))
