"""Messages as rows of plain values. Pure.

A message is a row, a field a column; the fields of a message inside it are columns with its name before theirs
(`ttft_p99`). A result is a row for each level, a comparison one for each change. What is not set is None, times
are `datetime` in UTC, enums are words and maps JSON; lists of messages, which are rows of their own, are left out.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Any

import orjson
from google.protobuf import struct_pb2
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from loadcell.documents import enum_words, is_secret, render
from loadcell.levels import level_name
from loadcell.v1 import result_pb2, run_pb2

_DEPTH = 3  # messages inside one another that become columns
_FREE = {each.DESCRIPTOR.full_name for each in (struct_pb2.Struct, struct_pb2.ListValue, struct_pb2.Value)}

Row = dict[str, Any]


def rows_of(found: Message | Sequence[Message]) -> list[Row]:
    """Return the rows of a message or of several; all have the columns of the first of their kind."""
    messages = [found] if isinstance(found, Message) else found
    return [row for message in messages for row in _rows(message)]


def _rows(message: Message) -> Iterator[Row]:
    if isinstance(message, result_pb2.RunResult):
        for level in message.results:
            name = level_name(level.concurrency, level.requested_rate)
            yield {"run_id": message.run_id, "model": message.model, "level": name, **_row(level)}
    elif isinstance(message, run_pb2.CompareRunsResponse):
        for delta in message.deltas:
            yield _row(delta)
    else:
        yield _row(message)


def _row(message: Message) -> Row:
    row: Row = {}
    _fill(row, message, type(message).DESCRIPTOR.fields, "", _DEPTH)
    return row


def _fill(row: Row, message: Message | None, fields: Sequence[Any], prefix: str, depth: int) -> None:
    for field in fields:
        if is_secret(field):
            continue
        name = f"{prefix}{field.name}"
        inside = field.message_type
        if inside is None or field.is_repeated or inside.full_name in _FREE or _is_time(field):
            if not _is_list_of_messages(field):
                row[name] = None if message is None else _value(message, field)
        elif depth > 1:
            below = getattr(message, field.name) if message is not None and message.HasField(field.name) else None
            _fill(row, below, inside.fields, f"{name}_", depth - 1)


def _value(message: Message, field: FieldDescriptor) -> Any:
    value = getattr(message, field.name)
    if field.has_presence and not message.HasField(field.name):
        return None
    if _is_time(field):
        return value.ToDatetime(UTC)
    if field.message_type is not None:  # a map, or what may have any content
        return orjson.dumps(render(message).get(field.name) or {}, option=orjson.OPT_SORT_KEYS).decode()
    if field.is_repeated:
        return list(value)
    return value if field.enum_type is None else enum_words(field.enum_type).get(value, str(value))


def _is_time(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.full_name == "google.protobuf.Timestamp"


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _is_list_of_messages(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.is_repeated and not _is_map(field)
