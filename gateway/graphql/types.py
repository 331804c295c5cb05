"""GraphQL types made from messages of the contract; nothing else knows both.

Objects are the dictionaries `loadcell.documents.render` makes, so a field is one look-up. Names are the contract's
in camel case, descriptions its comments. What may be unset or undefined there may be null here; lists never are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import GenericAlias
from typing import Any, NewType, Optional

import strawberry
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig

from gateway.contract import comments

Int64 = NewType("Int64", int)
DateTime = NewType("DateTime", str)

_TEXTS = (FieldDescriptor.CPPTYPE_STRING, FieldDescriptor.CPPTYPE_ENUM)
SCALARS: dict[int, Any] = {
    FieldDescriptor.CPPTYPE_BOOL: bool,
    FieldDescriptor.CPPTYPE_DOUBLE: float,
    FieldDescriptor.CPPTYPE_FLOAT: float,
    FieldDescriptor.CPPTYPE_INT32: int,
    FieldDescriptor.CPPTYPE_INT64: Int64,
    **dict.fromkeys(_TEXTS, str),
}
_SPECIAL: dict[str, Any] = {
    "google.protobuf.Timestamp": DateTime,
    "google.protobuf.Struct": JSON,
    "google.protobuf.ListValue": JSON,
    "google.protobuf.Value": JSON,
}


def _int64(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise ValueError("must be a whole number of 64 bits")
    return value


def make_config() -> StrawberryConfig:
    """Return what a schema of such types needs."""
    return StrawberryConfig(
        default_resolver=dict.get,
        scalar_map={
            Int64: strawberry.scalar(name="Int64", description="A whole number of 64 bits.", parse_value=_int64),
            DateTime: strawberry.scalar(name="DateTime", description="A point in time: RFC 3339, UTC."),
        },
    )


class Types:
    """The object types of a schema, each made once.

    Attributes:
        more: further fields of types by their names; they replace those of the contract.
    """

    def __init__(self) -> None:
        self.more: dict[str, Mapping[str, Any]] = {}
        self._made: dict[str, Any] = {}

    def object_type(
        self, message: Descriptor, name: str = "", *, only: Collection[str] = (), without: Collection[str] = ()
    ) -> Any:
        """Return the type of a message, under another name one with some of its fields."""
        name = name or message.name
        if name not in self._made:
            shown = [
                field for field in message.fields if field.name not in without and (not only or field.name in only)
            ]
            members = {field.name: self._field(field) for field in shown} | dict(self.more.get(name, {}))
            self._made[name] = strawberry.type(
                type(name, (), members | {"__annotations__": {}}), description=comments().get(message.full_name)
            )
        return self._made[name]

    def _field(self, field: FieldDescriptor) -> Any:
        made, key = self._type(field), field.name
        resolver: Any = (lambda root: root.get(key, [])) if field.is_repeated and made is not JSON else None
        return strawberry.field(resolver=resolver, graphql_type=made, description=comments().get(field.full_name))

    def _type(self, field: FieldDescriptor) -> Any:
        nested = field.message_type
        if nested is not None and nested.GetOptions().map_entry:
            return JSON
        if nested is None:
            one = SCALARS[field.cpp_type]
        else:
            one = _SPECIAL.get(nested.full_name) or self.object_type(nested)
        if field.is_repeated:
            return list_of(one)
        # A number that is not finite is written as null.
        return maybe(one) if field.has_presence or one is float else one


def list_of(kind: Any) -> Any:
    """Return the type of a list, which is made at run time."""
    return GenericAlias(list, (kind,))


def maybe(kind: Any) -> Any:
    """Return the type of what may be null, which is made at run time."""
    return Optional[kind]  # noqa: UP045 - `|` is not for every kind there is


def synonym(key: str, kind: Any, description: str) -> Any:
    """Return a field that shows another one of the same object."""
    resolver: Callable[[dict[str, Any]], Any] = lambda root: root.get(key)  # noqa: E731 - one look-up
    return strawberry.field(resolver=resolver, graphql_type=maybe(kind), description=description)
