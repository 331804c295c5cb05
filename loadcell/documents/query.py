"""Query strings and path parameters to messages: the same fields, given as texts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from loadcell.clock import wall_micros
from loadcell.documents.reader import parse, unknown_field
from loadcell.errors import LoadcellError
from loadcell.instants import read_time

M = TypeVar("M", bound=Message)
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_NUMBERS = (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT)
_INTEGERS = (
    FieldDescriptor.CPPTYPE_INT32,
    FieldDescriptor.CPPTYPE_INT64,
    FieldDescriptor.CPPTYPE_UINT32,
    FieldDescriptor.CPPTYPE_UINT64,
)


def parse_query(message_class: type[M], pairs: Iterable[tuple[str, str]]) -> M:
    """Return the message the decoded parameters of a query string describe; errors as `parse`."""
    descriptor: Any = message_class.DESCRIPTOR
    return parse(message_class, query_values(descriptor, pairs))


def query_values(message: Descriptor, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return decoded parameters as the data of a JSON document, for `parse`.

    Fields of nested messages have dotted names. A repeated field is given several times (a=1&a=2) or, unless it
    holds texts, as a list with commas (a=1,2). Booleans are true, false, 1 or 0; a timestamp may be relative, as
    now-1h.

    Raises:
        LoadcellError: UNKNOWN_FIELD; INVALID_FIELD_FORMAT for a text that is not of the field's type or a single
            field given twice.
    """
    data: dict[str, Any] = {}
    for name, text in pairs:
        parent, field = _find(message, data, name)
        if field.is_repeated:
            texts = [text] if field.type == FieldDescriptor.TYPE_STRING else text.split(",")
            parent.setdefault(field.name, []).extend(_value(field, name, piece) for piece in texts)
        elif field.name in parent:
            raise LoadcellError("INVALID_FIELD_FORMAT", f"{name} is given twice", field=name)
        else:
            parent[field.name] = _value(field, name, text)
    return data


def _find(message: Descriptor, data: dict[str, Any], name: str) -> tuple[dict[str, Any], FieldDescriptor]:
    """Return the last field of a dotted name and the dict its value belongs into."""
    descriptor, parent = message, data
    *outer, last = name.split(".")
    for part in outer:
        field = descriptor.fields_by_name.get(part)
        if field is None or field.message_type is None or field.is_repeated:
            raise unknown_field(name, part, list(descriptor.fields_by_name))
        descriptor = field.message_type
        parent = parent.setdefault(part, {})
    field = descriptor.fields_by_name.get(last)
    if field is None:
        raise unknown_field(name, last, list(descriptor.fields_by_name))
    if field.message_type is not None and field.message_type.full_name != "google.protobuf.Timestamp":
        raise LoadcellError("INVALID_FIELD_FORMAT", f"{name} cannot be given in a URL", field=name)
    return parent, field


def _value(field: FieldDescriptor, name: str, text: str) -> Any:
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        if text.lower() not in _BOOLEANS:
            raise _malformed(name, "true or false", text)
        return _BOOLEANS[text.lower()]
    if field.cpp_type in _INTEGERS:
        return _number(int, name, "a whole number", text)
    if field.cpp_type in _NUMBERS:
        return _number(float, name, "a number", text)
    if field.message_type is not None:
        return _time(text, name)
    return text


def _time(text: str, name: str) -> str:
    if not text.startswith("now"):
        return text
    instant = read_time(text, wall_micros(), name)
    return datetime.fromtimestamp(instant.micros / 1e6, UTC).isoformat()


def _number(cast: type[int | float], name: str, wanted: str, text: str) -> int | float:
    # int() and float() also take underscores, spaces and other alphabets' digits.
    if not text.isascii() or "_" in text or text != text.strip():
        raise _malformed(name, wanted, text)
    try:
        return cast(text)
    except ValueError:
        raise _malformed(name, wanted, text) from None


def _malformed(name: str, wanted: str, text: str) -> LoadcellError:
    return LoadcellError("INVALID_FIELD_FORMAT", f"{name} must be {wanted}, not {text[:64]!r}", field=name)
