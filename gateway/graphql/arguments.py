"""Arguments of queries made from requests of the contract, and what was given as the fields of a request again."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
from keyword import iskeyword
from typing import Annotated, Any

import strawberry
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from strawberry.utils.str_converters import to_camel_case

from gateway.contract import comments
from gateway.graphql.types import SCALARS, list_of, maybe

PAGE_SIZE = 50
FILTER = "filter"


def signature(
    request: Descriptor,
    *,
    without: Collection[str] = (),
    required: Collection[str] = (),
    more: Mapping[str, tuple[Any, Any]] | None = None,
) -> inspect.Signature:
    """Return the signature of a resolver whose arguments are fields of a request.

    Args:
        request: the request.
        without: its fields that are none.
        required: its fields that must be given.
        more: further arguments, each with its type and its default.
    """
    kinds: dict[str, tuple[Any, Any]] = {"info": (strawberry.Info, inspect.Parameter.empty)}
    for field in request.fields:
        if field.name not in without:
            kinds[_python_name(field.name)] = _argument(field, must_be_given=field.name in required)
    kinds |= {_python_name(name): kind for name, kind in (more or {}).items()}
    return inspect.Signature(
        [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)
            for name, (kind, default) in kinds.items()
        ]
    )


def input_type(request: Descriptor, name: str, *, without: Collection[str]) -> Any:
    """Return an input type whose fields are fields of a request."""
    shown = [field for field in request.fields if field.name not in without]
    members: dict[str, Any] = {
        _python_name(field.name): strawberry.field(
            name=to_camel_case(field.name),
            default=strawberry.UNSET,
            description=comments().get(field.full_name),
        )
        for field in shown
    }
    annotations = {_python_name(field.name): maybe(_type(field)) for field in shown}
    return strawberry.input(
        type(name, (), members | {"__annotations__": annotations}), description=comments().get(request.full_name)
    )


def values(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was given as the fields of a request; those of a filter are beside the others."""
    pairs = [*vars(given[FILTER]).items()] if given.get(FILTER) else []
    pairs += [(name, value) for name, value in given.items() if name != FILTER]
    return {name.removesuffix("_"): value for name, value in pairs if value not in (None, strawberry.UNSET)}


def named(name: str, kind: Any, description: str) -> Any:
    """Return the type of an argument that has a name no Python parameter may have, or a description."""
    return Annotated[kind, strawberry.argument(name=to_camel_case(name), description=description)]


def _argument(field: FieldDescriptor, *, must_be_given: bool) -> tuple[Any, Any]:
    kind = _type(field) if must_be_given else maybe(_type(field))
    default: Any = PAGE_SIZE if field.name == "limit" else strawberry.UNSET
    default = inspect.Parameter.empty if must_be_given else default
    return named(field.name, kind, comments().get(field.full_name, "")), default


def _type(field: FieldDescriptor) -> Any:
    one = SCALARS[field.cpp_type]
    return list_of(one) if field.is_repeated else one


def _python_name(name: str) -> str:
    return f"{name}_" if iskeyword(name) else name
