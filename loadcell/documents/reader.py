"""JSON documents to messages, strictly: what cannot be understood is refused by its dotted name."""

from __future__ import annotations

import base64
import binascii
import difflib
import math
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

from loadcell.documents import enums
from loadcell.documents.free_form import check_free_form
from loadcell.documents.writer import is_non_empty
from loadcell.errors import LoadcellError

MAX_MESSAGES = 30
"""Messages inside one another, of those that may contain themselves. With a free-form value below 100 levels."""

M = TypeVar("M", bound=Message)
_Convert = Callable[[Any, str], Any]
_Set = Callable[[Any, Any, str], None]
_Type = FieldDescriptor

_INTEGERS = {
    _Type.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    _Type.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    _Type.CPPTYPE_UINT32: (0, 2**32 - 1),
    _Type.CPPTYPE_UINT64: (0, 2**64 - 1),
}


def parse(message_class: type[M], data: Any) -> M:
    """Return the message a JSON document describes; null stands for "not set".

    Args:
        message_class: class of the wanted message.
        data: what a JSON parser returned.

    Raises:
        LoadcellError: UNKNOWN_FIELD, INVALID_FIELD_FORMAT for a wrong type, INVALID_FIELD_VALUE for a value
            outside its range, INVALID_REQUEST when `data` is not an object; `field` is the dotted path.
    """
    if not isinstance(data, dict):
        raise LoadcellError("INVALID_REQUEST", f"the document must be a JSON object, not {kind_of(data)}")
    message = message_class()
    _fill(message, data, "")
    return message


def wrong_type(path: str, wanted: str, value: Any) -> LoadcellError:
    """Return the error for a value of another type than `wanted`, which reads like "a number"."""
    return LoadcellError("INVALID_FIELD_FORMAT", f"{path} must be {wanted}, not {kind_of(value)}", field=path)


def unknown_field(path: str, name: str, known: list[str]) -> LoadcellError:
    """Return the error for a field that does not exist, with the nearest name that does."""
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return LoadcellError("UNKNOWN_FIELD", f"unknown field {path}{hint}", field=path)


def _fill(message: Message, data: dict[str, Any], path: str) -> None:
    setters, exclusive = _setters(message.DESCRIPTOR), _exclusive(message.DESCRIPTOR)
    chosen: dict[str, str] = {}
    for name, value in data.items():
        dotted = f"{path}.{name}" if path else name
        put = setters.get(name)
        if put is None:
            raise unknown_field(dotted, name, list(setters))
        if value is None:
            continue
        group = exclusive.get(name)
        if group is not None and chosen.setdefault(group, name) != name:
            raise LoadcellError(
                "INVALID_FIELD_VALUE", f"{dotted} and {chosen[group]} exclude each other; give one", field=dotted
            )
        put(message, value, dotted)


@cache
def _exclusive(descriptor: Descriptor) -> dict[str, str]:
    """Return the oneof of every field that is in one; `optional` fields are each in a oneof of their own."""
    return {
        field.name: oneof.name for oneof in descriptor.oneofs if len(oneof.fields) > 1 for field in oneof.fields
    }


@cache
def _setters(descriptor: Descriptor) -> dict[str, _Set]:
    return {field.name: _setter(field) for field in descriptor.fields}


def _setter(field: FieldDescriptor) -> _Set:
    name, nested = field.name, field.message_type
    if nested is not None and nested.GetOptions().map_entry:
        return _map_setter(field, nested)
    if field.is_repeated:
        return _repeated_setter(field)
    if nested is None:
        convert = _scalar(field)
        return lambda message, value, path: setattr(message, name, convert(value, path))
    read = _message_reader(nested)

    def put(message: Any, value: Any, path: str) -> None:
        target = getattr(message, name)
        target.SetInParent()
        read(target, value, path)

    return put


def _repeated_setter(field: FieldDescriptor) -> _Set:
    name, nested = field.name, field.message_type
    read = _message_reader(nested) if nested is not None else None
    convert = _scalar(field) if nested is None else None
    non_empty = is_non_empty(field)

    def put(message: Any, value: Any, path: str) -> None:
        if not isinstance(value, list):
            raise wrong_type(path, "a list", value)
        if non_empty and not value:
            raise LoadcellError("INVALID_FIELD_VALUE", f"{path} must not be empty; leave it out", field=path)
        target = getattr(message, name)
        for position, entry in enumerate(value):
            at = f"{path}[{position}]"
            if convert:
                target.append(convert(entry, at))
            elif read:
                read(target.add(), entry, at)

    return put


def _map_setter(field: FieldDescriptor, entry_type: Descriptor) -> _Set:
    name = field.name
    key_field, value_field = entry_type.fields_by_name["key"], entry_type.fields_by_name["value"]
    if key_field.type != _Type.TYPE_STRING:
        raise TypeError(f"{field.full_name}: maps of a document have text keys")
    nested = value_field.message_type
    read = _message_reader(nested) if nested is not None else None
    convert = _scalar(value_field) if nested is None else None

    def put(message: Any, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise wrong_type(path, "an object", value)
        target = getattr(message, name)
        for key, entry in value.items():
            at = f"{path}.{key}"
            if convert:
                target[key] = convert(entry, at)
            elif read:
                read(target[key], entry, at)

    return put


def _message_reader(descriptor: Descriptor) -> _Set:
    return _SPECIAL.get(descriptor.full_name, _read_message)


def _read_message(message: Any, value: Any, path: str) -> None:
    if not isinstance(value, dict):
        raise wrong_type(path, "an object", value)
    if path.count(".") >= MAX_MESSAGES:
        field = path.partition(".")[0]
        raise LoadcellError("LIMIT_EXCEEDED", f"{field} is nested more than {MAX_MESSAGES} deep", field=field)
    _fill(message, value, path)


def _scalar(field: FieldDescriptor) -> _Convert:
    if field.enum_type is not None:
        return _enum(field.enum_type)
    if field.cpp_type in _INTEGERS:
        return _integer(*_INTEGERS[field.cpp_type])
    if field.cpp_type == _Type.CPPTYPE_BOOL:
        return _boolean
    if field.type == _Type.TYPE_BYTES:
        return _bytes
    return _text if field.type == _Type.TYPE_STRING else _number


def _integer(low: int, high: int) -> _Convert:
    def convert(value: Any, path: str) -> int:
        # bool is a subclass of int; true is not a number.
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong_type(path, "a whole number", value)
        if not low <= value <= high:
            raise LoadcellError(
                "INVALID_FIELD_VALUE", f"{path} must be from {low} to {high}, not {value}", field=path
            )
        return value

    return convert


def _enum(enum: EnumDescriptor) -> _Convert:
    numbers, allowed = enums.numbers(enum), ", ".join(enums.words(enum).values())

    def convert(value: Any, path: str) -> int:
        if not isinstance(value, str):
            raise wrong_type(path, f"one of {allowed}", value)
        number = numbers.get(value.lower())
        if number is None:
            raise LoadcellError(
                "INVALID_FIELD_VALUE", f"{path} must be one of {allowed}, not {value[:64]!r}", field=path
            )
        return number

    return convert


def _boolean(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise wrong_type(path, "true or false", value)
    return value


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise wrong_type(path, "a text", value)
    return value


def _number(value: Any, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_type(path, "a number", value)
    if not math.isfinite(value):
        raise LoadcellError("INVALID_FIELD_VALUE", f"{path} must be a finite number", field=path)
    return float(value)


def _bytes(value: Any, path: str) -> bytes:
    try:
        return base64.b64decode(_text(value, path), validate=True)
    except (binascii.Error, ValueError):
        raise LoadcellError("INVALID_FIELD_FORMAT", f"{path} must be base64", field=path) from None


def _timestamp(message: Any, value: Any, path: str) -> None:
    moment = _utc(_text(value, path))
    if moment is None:
        raise LoadcellError(
            "INVALID_FIELD_FORMAT", f"{path} must be a time such as 2026-01-31T12:00:00Z", field=path
        )
    message.FromDatetime(moment)


def _utc(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _struct(message: Any, value: Any, path: str) -> None:
    if not isinstance(value, dict):
        raise wrong_type(path, "an object", value)
    check_free_form(value, path)
    message.update(value)


def _list(message: Any, value: Any, path: str) -> None:
    if not isinstance(value, list):
        raise wrong_type(path, "a list", value)
    check_free_form(value, path)
    message.extend(value)


def _any_value(message: Any, value: Any, path: str) -> None:
    check_free_form(value, path)
    if isinstance(value, dict):
        # What is empty would set nothing, and be read as null.
        message.struct_value.SetInParent()
        message.struct_value.update(value)
    elif isinstance(value, list):
        message.list_value.SetInParent()
        message.list_value.extend(value)
    elif value is None:
        message.null_value = 0
    elif isinstance(value, bool):
        message.bool_value = value
    elif isinstance(value, str):
        message.string_value = value
    else:
        message.number_value = _number(value, path)


def kind_of(value: Any) -> str:
    """Return what a JSON value is, in words that read like "a number"."""
    for types, name in _KINDS:
        if isinstance(value, types):
            return name
    return type(value).__name__


_KINDS: tuple[tuple[Any, str], ...] = (
    (bool, "true or false"),
    (int | float, "a number"),
    (str, "a text"),
    (list | tuple, "a list"),
    (dict, "an object"),
    (type(None), "null"),
)
_SPECIAL: dict[str, _Set] = {
    "google.protobuf.Timestamp": _timestamp,
    "google.protobuf.Struct": _struct,
    "google.protobuf.ListValue": _list,
    "google.protobuf.Value": _any_value,
}
