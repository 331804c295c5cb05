"""Messages to JSON documents.

Each message type gets its list of fields with the way to write each one made once. A message then lists what is
set in it, in one call, and only that is looked at.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from loadcell.documents import enums
from loadcell.v1 import options_pb2

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Convert = Callable[[Any], Any]
_UNSET = object()
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
    fields = [field for field in descriptor.fields if not is_secret(field)]
    entries = {field: (field.name, _field_writer(field)) for field in fields}
    nulls = is_nullable(descriptor)
    blank = {field.name: _blank(field, nulls=nulls) for field in fields}
    # Lists and maps are made anew each time: whoever gets a document may change it.
    empty = {field.name: _empty(field) for field in fields if blank[field.name] is _UNSET}

    def write(message: Message) -> dict[str, Any]:
        document = blank.copy()
        for field, value in message.ListFields():
            entry = entries.get(field)
            if entry is not None:
                name, convert = entry
                document[name] = value if convert is None else convert(value)
        for name, make in empty.items():
            if document[name] is _UNSET:
                if make is None:
                    del document[name]
                else:
                    document[name] = make()
        return document

    return write


def _blank(field: FieldDescriptor, *, nulls: bool) -> Any:
    """Return what stands for a field that a message does not list: it is not set, or has its default."""
    if field.has_presence:
        return None if nulls else _UNSET
    if field.is_repeated:
        return _UNSET
    convert = _field_writer(field)
    return field.default_value if convert is None else convert(field.default_value)


def _empty(field: FieldDescriptor) -> Callable[[], Any] | None:
    """Return what makes the empty list or map of a field; None: the field is left out."""
    if field.has_presence or is_non_empty(field):
        return None
    return dict if _is_map(field) else list


def _field_writer(field: FieldDescriptor) -> _Convert | None:
    """Return what makes of the value of a field that of a document; None: they are the same."""
    if field.message_type is not None and _is_map(field):
        return _map_writer(field.message_type.fields_by_name["value"])
    convert = _value_writer(field)
    if not field.is_repeated:
        return convert
    if convert is None:
        return list
    return lambda values: [convert(value) for value in values]


def _map_writer(field: FieldDescriptor) -> _Convert:
    convert = _value_writer(field) or _as_is
    return lambda entries: {_key(key): convert(entries[key]) for key in sorted(entries)}


def _value_writer(field: FieldDescriptor) -> _Convert | None:
    if field.message_type is not None:
        nested = field.message_type
        # Looked up when used, so that a message may contain itself.
        return _SPECIAL.get(nested.full_name) or (lambda value: _writer(nested)(value))  # noqa: PLW0108
    if field.enum_type is not None:
        words = enums.words(field.enum_type)
        return lambda value: words.get(value, value)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return lambda value: base64.b64encode(value).decode()
    return _finite if field.cpp_type in _FLOATS else None


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)


def _as_is(value: Any) -> Any:
    return value


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _key(key: object) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def _timestamp(value: Any) -> str:
    return f"{_second(value.seconds)}.{value.nanos // 1_000:06}Z"


@lru_cache(4_096)
def _second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).isoformat()[:19]


def _struct(value: Any) -> dict[str, Any]:
    fields = value.fields
    return {key: _any_value(fields[key]) for key in sorted(fields)}


def _list(value: Any) -> list[Any]:
    return [_any_value(entry) for entry in value.values]


def _any_value(value: Any) -> Any:
    kind = value.WhichOneof("kind")
    if kind is None or kind == "null_value":
        return None
    found = getattr(value, kind)
    convert = _OF_KIND.get(kind)
    return found if convert is None else convert(found)


def _number(value: float) -> float | int | None:
    # Struct knows only doubles; a whole number that a double holds exactly was written as an integer.
    if value.is_integer() and abs(value) <= 2**53:
        return int(value)
    return _finite(value)


_OF_KIND: dict[str, _Convert] = {"struct_value": _struct, "list_value": _list, "number_value": _number}
_SPECIAL: dict[str, _Convert] = {
    "google.protobuf.Timestamp": _timestamp,
    "google.protobuf.Struct": _struct,
    "google.protobuf.ListValue": _list,
    "google.protobuf.Value": _any_value,
}
