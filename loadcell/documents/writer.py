"""Messages to JSON documents.

Each message type gets its list of fields with the way to write each one made once; rendering a message is then
attribute access and no reflection.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from loadcell.documents import enums
from loadcell.v1 import options_pb2

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Convert = Callable[[Any], Any]
_FLOATS = (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT)


def render(message: Message) -> dict[str, Any]:
    """Return a message as a dict that orjson can write.

    Unset optional fields are left out, or null when the message has the option explicit_nulls. Floats that are
    not finite become null: JSON has no word for them.
    """
    document: dict[str, Any] = _writer(message.DESCRIPTOR)(message)
    return document


def is_nullable(message: Descriptor) -> bool:
    """Whether unset fields of the message are written as null."""
    extensions: Any = message.GetOptions().Extensions
    return bool(extensions[options_pb2.explicit_nulls])


def is_secret(field: FieldDescriptor) -> bool:
    """Whether the field must never be shown."""
    return bool(field.GetOptions().debug_redact)


def is_non_empty(field: FieldDescriptor) -> bool:
    """Whether a document that has the list must have something in it."""
    extensions: Any = field.GetOptions().Extensions
    return bool(extensions[options_pb2.non_empty])


@cache
def _writer(descriptor: Descriptor) -> _Convert:
    special = _SPECIAL.get(descriptor.full_name)
    if special:
        return special
    fields = [
        (field.name, field.has_presence, is_non_empty(field), _field_writer(field))
        for field in descriptor.fields
        if not is_secret(field)
    ]
    nulls = is_nullable(descriptor)

    def write(message: Message) -> dict[str, Any]:
        document: dict[str, Any] = {}
        for name, has_presence, non_empty, convert in fields:
            if message.HasField(name) if has_presence else not non_empty or getattr(message, name):
                document[name] = convert(getattr(message, name))
            elif has_presence and nulls:
                document[name] = None
        return document

    return write


def _field_writer(field: FieldDescriptor) -> _Convert:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        write_value = _value_writer(field.message_type.fields_by_name["value"])
        return lambda entries: {_key(key): write_value(entries[key]) for key in sorted(entries)}
    convert = _value_writer(field)
    if field.is_repeated:
        return lambda values: [convert(value) for value in values]
    return convert


def _value_writer(field: FieldDescriptor) -> _Convert:
    if field.message_type is not None:
        nested = field.message_type

        def write(value: Any) -> Any:
            # Looked up when used, so that a message may contain itself.
            return _writer(nested)(value)

        return write
    if field.enum_type is not None:
        words = enums.words(field.enum_type)
        return lambda value: words.get(value, value)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return lambda value: base64.b64encode(value).decode()
    return _finite if field.cpp_type in _FLOATS else _as_is


def _as_is(value: Any) -> Any:
    return value


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _key(key: object) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def _timestamp(value: Any) -> str:
    moment = _EPOCH + timedelta(seconds=value.seconds, microseconds=value.nanos // 1000)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _struct(value: Any) -> dict[str, Any]:
    return {key: _any_value(value.fields[key]) for key in sorted(value.fields)}


def _list(value: Any) -> list[Any]:
    return [_any_value(entry) for entry in value.values]


def _any_value(value: Any) -> Any:
    kind = value.WhichOneof("kind")
    if kind is None or kind == "null_value":
        return None
    found = getattr(value, kind)
    convert = {"struct_value": _struct, "list_value": _list, "number_value": _number}.get(kind)
    return convert(found) if convert else found


def _number(value: float) -> float | int | None:
    # Struct knows only doubles; a whole number that a double holds exactly was written as an integer.
    if value.is_integer() and abs(value) <= 2**53:
        return int(value)
    return _finite(value)


_SPECIAL: dict[str, _Convert] = {
    "google.protobuf.Timestamp": _timestamp,
    "google.protobuf.Struct": _struct,
    "google.protobuf.ListValue": _list,
    "google.protobuf.Value": _any_value,
}
