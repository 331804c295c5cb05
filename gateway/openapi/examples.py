"""Examples of messages as JSON: requests that could be sent, and answers as they look."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from gateway.openapi.example_values import NUMBERS, REQUESTS, SUFFIXES, TEXTS
from loadcell.documents import enum_words, is_secret

_Type = FieldDescriptor
_NUMERIC = (_Type.CPPTYPE_DOUBLE, _Type.CPPTYPE_FLOAT)
_SPECIAL: dict[str, Any] = {
    "google.protobuf.Timestamp": "2026-01-31T12:00:00.000000Z",
    "google.protobuf.Struct": {"team": "search"},
    "google.protobuf.ListValue": [],
    "google.protobuf.Value": "gpt-4o",
}


def example(message: Descriptor, *, request: bool, without: Collection[str] = ()) -> dict[str, Any]:
    """Return an example of a message.

    Args:
        message: the type.
        request: whether callers send it: then secrets are in it.
        without: names of fields that are not in it.
    """
    written = REQUESTS.get(message.name) if request else None
    if written is None:
        written = _message(message, request, ())
    return {name: value for name, value in written.items() if name not in without}


def field_example(field: FieldDescriptor, *, request: bool) -> Any:
    """Return an example of the value of a field."""
    return _value(field, request, ())


def _message(message: Descriptor, request: bool, around: tuple[str, ...]) -> dict[str, Any]:
    taken: set[str] = set()
    found = {}
    for field in message.fields:
        group, nested = field.containing_oneof, field.message_type
        if is_secret(field) and not request:
            continue
        if nested is not None and nested.full_name in (*around, message.full_name):
            continue  # it could go on for ever
        if group is not None and len(group.fields) > 1:  # of those that exclude one another: the first
            if group.name in taken:
                continue
            taken.add(group.name)
        found[field.name] = _value(field, request, (*around, message.full_name))
    return found


def _value(field: FieldDescriptor, request: bool, around: tuple[str, ...]) -> Any:
    nested = field.message_type
    if nested is not None and nested.GetOptions().map_entry:
        return {_key(field.name): _single(nested.fields_by_name["value"], field.name, request, around)}
    single = _single(field, field.name, request, around)
    return [single] if field.is_repeated else single


def _key(name: str) -> str:
    return TEXTS.get(name, "team")


def _single(field: FieldDescriptor, name: str, request: bool, around: tuple[str, ...]) -> Any:
    nested = field.message_type
    if nested is not None:
        special = _SPECIAL.get(nested.full_name)
        return special if special is not None else _message(nested, request, around)
    if field.enum_type is not None:
        words = list(enum_words(field.enum_type).values())
        return words[min(1, len(words) - 1)]
    if field.cpp_type == _Type.CPPTYPE_BOOL:
        return True
    if field.type == _Type.TYPE_BYTES:
        return "AAEC"
    if field.type == _Type.TYPE_STRING:
        return TEXTS.get(name, name.replace("_", " "))
    number = NUMBERS.get(name)
    if number is None:
        number = next((value for suffix, value in SUFFIXES.items() if name.endswith(suffix)), 1)
    return float(number) if field.cpp_type in _NUMERIC else int(number)
