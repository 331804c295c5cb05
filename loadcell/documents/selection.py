"""Which parts of a document are wanted: paths such as `config.model`, checked against the type of its message."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from google.protobuf.descriptor import Descriptor

from loadcell.documents.writer import is_secret
from loadcell.errors import LoadcellError

MAX_PATHS = 100
NEAREST = 3
"""Known names that a refusal tells."""

Wanted: TypeAlias = Mapping[str, "Wanted"]
"""What is wanted of a document: names, each with what is wanted inside. Nothing named: everything."""
EVERYTHING: Wanted = MappingProxyType({})

_STRUCT = "google.protobuf.Struct"


def read_paths(
    texts: Iterable[str], message: Descriptor | None, where: str = "fields", *, skip_unknown: bool = False
) -> Wanted:
    """Return what paths name in documents of a type; several may be in one text, between commas.

    A path goes through lists as if they were not there: `points.at` is `at` of every point. In a map or an object
    of any content what follows is a key, with all dots it has; only in a map of messages the next dot ends it.

    Args:
        texts: the paths.
        message: the type; None: one that has nothing inside.
        where: the field of the request they were in.
        skip_unknown: whether paths that name nothing are for others to refuse.

    Raises:
        LoadcellError: UNKNOWN_FIELD, a path names nothing; LIMIT_EXCEEDED, there are too many.
    """
    paths = dict.fromkeys(part.strip() for text in texts for part in text.split(","))
    paths.pop("", None)
    if len(paths) > MAX_PATHS:
        raise LoadcellError("LIMIT_EXCEEDED", f"at most {MAX_PATHS} fields can be chosen", field=where)
    wanted: dict[str, Any] = {}
    for path in paths:
        try:
            _add(wanted, _steps(message, path, path, where))
        except LoadcellError:
            if not skip_unknown:
                raise
    return wanted


def known_names(message: Descriptor | None) -> list[str]:
    """Return the names that can be chosen in documents of a type, apart from keys."""
    if message is None or has_keys(message) or message.file.package == "google.protobuf":
        return []
    return [field.name for field in message.fields if not is_secret(field)]


def has_keys(message: Descriptor) -> bool:
    """Whether what is inside are keys that callers make up."""
    return message.full_name == _STRUCT or message.GetOptions().map_entry


def _steps(message: Descriptor | None, rest: str, path: str, where: str) -> list[str]:
    if message is not None and rest and has_keys(message):
        value = message.fields_by_name["value"].message_type if message.full_name != _STRUCT else None
        if value is None or value.file.package == "google.protobuf":
            return [rest]
        key, dot, rest = rest.partition(".")
        return [key, *(_steps(value, rest, path, where) if dot else ())]
    name, dot, rest = rest.partition(".")
    known = known_names(message)
    if name not in known:
        raise _unknown(path, name, known, where)
    inside = message.fields_by_name[name].message_type if message is not None else None
    return [name, *(_steps(inside, rest, path, where) if dot else ())]


def _unknown(path: str, name: str, known: list[str], where: str) -> LoadcellError:
    near = difflib.get_close_matches(name[:64], known, n=NEAREST, cutoff=0.0)
    hint = f"nearest there: {', '.join(near)}" if near else "there is nothing to choose from there"
    return LoadcellError("UNKNOWN_FIELD", f"{path[:64]!r} names no field of the answer; {hint}", field=where)


def _add(wanted: dict[str, Any], steps: list[str]) -> None:
    place = wanted
    *outer, last = steps
    for step in outer:
        if place.get(step) == {}:
            return  # all of it is wanted already
        place = place.setdefault(step, {})
    place[last] = {}
