"""Leaves out what a call did not ask for: `fields` of a GET names what is wanted of an answer.

Every call that reads takes `fields`, whether its request message knows of it or not. Where that has a `fields` of
its own the controller cuts, and reads less; it refuses what does not exist, knows other names of fields and adds
what always comes, so that here only goes what is written although nobody has set it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from gateway.bindings import Binding
from loadcell.documents import EVERYTHING, Wanted, is_non_empty, is_nullable, known_names, read_paths

PARAMETER = "fields"
_DATA, _META = "data", "loadcell.v1.ResponseMeta"


def take_fields(binding: Binding, query: Iterable[tuple[str, str]]) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the parameters for the request message, and the texts of `fields` when it knows of no such field."""
    pairs = list(query)
    texts = [text for name, text in pairs if name == PARAMETER]
    if not texts or not takes_fields(binding):
        return pairs, []
    return [(name, text) for name, text in pairs if name != PARAMETER], texts


def takes_fields(binding: Binding) -> bool:
    """Whether `fields` is a parameter that the request message does not know of."""
    return binding.verb == "GET" and binding.is_read and PARAMETER not in binding.request.fields_by_name


def choose(binding: Binding, request: Message, texts: Collection[str]) -> Wanted:
    """Return what is wanted of the document of the answer; nothing named: everything.

    In an envelope it is chosen inside of `data`, elsewhere inside of the body.

    Args:
        binding: verb and path that were called.
        request: the request message.
        texts: `fields` of the query, as `take_fields` returns them.

    Raises:
        LoadcellError: UNKNOWN_FIELD, the answer has no such field; LIMIT_EXCEEDED, there are too many.
    """
    own = getattr(request, PARAMETER, ())
    if not (texts or own) or not binding.is_read:
        return EVERYTHING
    chosen_in = chosen_in_field(binding)
    place: Descriptor | None = chosen_in.message_type if chosen_in is not None else binding.response
    wanted = read_paths(own or texts, place, skip_unknown=bool(own))
    if wanted and own:
        wanted = _left(wanted, place)
    if not wanted or chosen_in is None:
        return wanted
    return {field.name: EVERYTHING for field in binding.response.fields} | {chosen_in.name: wanted}


def chosen_in_field(binding: Binding) -> FieldDescriptor | None:
    """Return the field of the response that `fields` chooses in, None: the response itself."""
    fields = binding.response.fields_by_name
    if binding.response_body:
        found: FieldDescriptor = fields[binding.response_body]
        return found
    meta = fields.get("meta")
    in_envelope = meta is not None and meta.message_type is not None and meta.message_type.full_name == _META
    return fields.get(_DATA) if in_envelope else None


def leave_out(document: dict[str, Any], wanted: Wanted) -> None:
    """Remove from a document what is not wanted."""
    if not wanted:
        return
    for name in [name for name in document if name not in wanted]:
        del document[name]
    for name, value in document.items():
        for inner in value if isinstance(value, list) else (value,):
            if isinstance(inner, dict):
                leave_out(inner, wanted[name])


def _left(wanted: Wanted, message: Descriptor | None) -> Wanted:
    """Add to what is wanted the fields that are in a document only when the controller has set them."""
    if message is None or not known_names(message):
        return wanted
    left = {
        name: _left(inside, message.fields_by_name[name].message_type) if inside else EVERYTHING
        for name, inside in wanted.items()
    }
    if not is_nullable(message):
        only_set = [field.name for field in message.fields if field.has_presence or is_non_empty(field)]
        left = dict.fromkeys(only_set, EVERYTHING) | left
    return left
