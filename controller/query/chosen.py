"""The fields of an answer that are wanted: paths such as `overview.total_cost` in the message of its data."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct

from loadcell.documents import EVERYTHING, Wanted


def keep(message: Message, wanted: Wanted) -> None:
    """Unset all fields of a message but those that are wanted."""
    if not wanted:
        return
    if isinstance(message, Struct):
        _keep_entries(message.fields, dict.fromkeys(wanted, EVERYTHING))
        return
    for field, value in message.ListFields():
        if field.name not in wanted:
            message.ClearField(field.name)
            continue
        inside = wanted[field.name]
        if field.message_type is None or not inside:
            continue
        if field.message_type.GetOptions().map_entry:
            _keep_entries(value, inside)
        else:
            for inner in value if field.is_repeated else [value]:
                keep(inner, inside)


def _keep_entries(entries: Any, wanted: Wanted) -> None:
    for key in list(entries):
        if str(key) not in wanted:
            del entries[key]
        elif isinstance(entries[key], Message):
            keep(entries[key], wanted[str(key)])
