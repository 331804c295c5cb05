"""Envelopes of answers, opened without reading what is in them."""

from __future__ import annotations

from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import Descriptor
from google.protobuf.message_factory import GetMessageClass

from loadcell.v1 import envelope_pb2

_META = envelope_pb2.ResponseMeta.DESCRIPTOR


class Envelope:
    """Opens the answers of one type that has `meta`, which is of each call and not of the data."""

    def __init__(self, meta_number: int) -> None:
        self._outside: Any = GetMessageClass(_outside(meta_number))

    def open(self, answer: bytes) -> tuple[bytes, envelope_pb2.ResponseMeta]:
        """Return the bytes of an answer without its `meta`, and that."""
        letter = self._outside.FromString(answer)
        meta = letter.meta
        letter.ClearField("meta")
        return letter.SerializeToString(), meta


def envelope_of(response: Descriptor) -> Envelope | None:
    """Return what opens answers of a type, None for those without an envelope."""
    field = response.fields_by_name.get("meta")
    if field is None or field.message_type is None or field.message_type.full_name != _META.full_name:
        return None
    return Envelope(field.number)


@cache
def _outside(meta_number: int) -> Descriptor:
    """Return a type that knows of `meta` alone. What a type does not know it keeps as it came."""
    name = f"Envelope{meta_number}"
    file = descriptor_pb2.FileDescriptorProto(
        name=f"gateway/{name}.proto", package="gateway", syntax="proto3", dependency=[_META.file.name]
    )
    file.message_type.add(name=name).field.add(
        name="meta",
        number=meta_number,
        label=descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL,
        type=descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE,
        type_name=f".{_META.full_name}",
    )
    pool = descriptor_pool.Default()
    found: Descriptor = pool.AddSerializedFile(file.SerializeToString()).message_types_by_name[name]
    return found
