"""Documents of random messages of every type of the contract, beside documents made the slow and plain way."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import orjson
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from gateway.bindings import read_bindings
from gateway.contract import SERVICES
from loadcell.documents import enum_words, is_non_empty, is_nullable, is_secret, render

RESPONSES = {binding.response.full_name: binding.response for binding in read_bindings(SERVICES)}
MESSAGES = 40
_Type = FieldDescriptor
_TEXTS = ("", "a", "é\U0001f600", 'quoted "\\', "\n")
_NUMBERS = (0.0, -0.0, 1.5, 3.0, -1e300, 5e-324, math.nan, math.inf, -math.inf)


@pytest.mark.parametrize("name", RESPONSES)
def test_a_document_is_what_reflection_makes_of_the_message(name):
    random = Random(name)
    for _ in range(MESSAGES):
        message = GetMessageClass(RESPONSES[name])()
        _fill(message, random, share=random.choice((0.0, 0.2, 0.6, 1.0)), depth=4)
        assert orjson.dumps(render(message)) == orjson.dumps(_reflected(message))


def test_a_document_may_be_changed_by_whoever_gets_it():
    for response in RESPONSES.values():
        _clear(render(GetMessageClass(response)()))
        assert render(GetMessageClass(response)()) == _reflected(GetMessageClass(response)())


def _clear(value: Any) -> None:
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _clear(inner)
    if isinstance(value, list):
        value.append("changed")
    elif isinstance(value, dict):
        value["changed"] = True


def _reflected(message: Any) -> Any:
    """Return a document by looking at every field of every message."""
    special = _SPECIAL.get(message.DESCRIPTOR.full_name)
    return special(message) if special else dict(_fields(message))


def _fields(message: Any) -> Iterator[tuple[str, Any]]:
    for field in message.DESCRIPTOR.fields:
        if is_secret(field):
            continue
        value = getattr(message, field.name)
        if field.has_presence and not message.HasField(field.name):
            if is_nullable(message.DESCRIPTOR):
                yield field.name, None
        elif field.message_type is not None and field.message_type.GetOptions().map_entry:
            of = field.message_type.fields_by_name["value"]
            yield field.name, {_key(key): _plain(of, value[key]) for key in sorted(value)}
        elif not field.is_repeated:
            yield field.name, _plain(field, value)
        elif value or not is_non_empty(field):
            yield field.name, [_plain(field, one) for one in value]


def _plain(field: FieldDescriptor, value: Any) -> Any:
    if field.message_type is not None:
        return _reflected(value)
    if field.enum_type is not None:
        return enum_words(field.enum_type).get(value, value)
    if field.type == _Type.TYPE_BYTES:
        return base64.b64encode(value).decode()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _key(key: Any) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def _value(value: Any) -> Any:
    kind = value.WhichOneof("kind")
    if kind in ("struct_value", "list_value"):
        return _reflected(getattr(value, kind))
    if kind == "number_value":
        number = value.number_value
        if math.isfinite(number) and number == int(number) and abs(number) <= 2**53:
            return int(number)
        return number if math.isfinite(number) else None
    return None if kind in (None, "null_value") else getattr(value, kind)


_SPECIAL = {
    "google.protobuf.Timestamp": lambda value: f"{value.ToDatetime():%Y-%m-%dT%H:%M:%S.%f}Z",
    "google.protobuf.Struct": lambda value: {key: _value(value.fields[key]) for key in sorted(value.fields)},
    "google.protobuf.ListValue": lambda value: [_value(one) for one in value.values],
    "google.protobuf.Value": _value,
}


def _fill(message: Any, random: Random, share: float, depth: int) -> None:
    if message.DESCRIPTOR.full_name == "google.protobuf.Timestamp":
        message.FromDatetime(datetime(random.randint(1000, 9999), 2, 28, 23, random.choice((0, 59)), tzinfo=UTC))
        message.nanos = random.choice((0, 1_000, 999_999_000))
        return
    for field in message.DESCRIPTOR.fields:
        if random.random() >= share or (field.message_type is not None and not depth):
            continue
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            _fill_map(getattr(message, field.name), field.message_type, random, share, depth)
        elif field.message_type is None and field.is_repeated:
            getattr(message, field.name).extend(_scalar(field, random) for _ in range(random.choice((1, 3))))
        elif field.message_type is None:
            setattr(message, field.name, _scalar(field, random))
        elif field.is_repeated:
            _fill(getattr(message, field.name).add(), random, share, depth - 1)
        else:
            getattr(message, field.name).SetInParent()
            _fill(getattr(message, field.name), random, share, depth - 1)


def _fill_map(entries: Any, entry: Descriptor, random: Random, share: float, depth: int) -> None:
    value = entry.fields_by_name["value"]
    for _ in range(3):
        key = _scalar(entry.fields_by_name["key"], random)
        if value.message_type is None:
            entries[key] = _scalar(value, random)
        else:
            _fill(entries[key], random, share, depth - 1)


def _scalar(field: FieldDescriptor, random: Random) -> Any:
    kind = field.cpp_type
    if kind == _Type.CPPTYPE_BOOL:
        return random.random() < 0.5
    if kind in (_Type.CPPTYPE_DOUBLE, _Type.CPPTYPE_FLOAT):
        return random.choice(_NUMBERS)
    if kind == _Type.CPPTYPE_ENUM:
        return random.choice((0, 1, 2, 99))
    if field.type == _Type.TYPE_BYTES:
        return random.randbytes(random.choice((0, 5)))
    if kind == _Type.CPPTYPE_STRING:
        return random.choice(_TEXTS)
    return random.choice((0, 1, 2**31 - 1) if kind == _Type.CPPTYPE_INT32 else (0, 7, 2**53 + 1, 2**63 - 1))
