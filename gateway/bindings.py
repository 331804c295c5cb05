"""HTTP rules of the contract: which verb and path calls which method."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from google.api import annotations_pb2
from google.protobuf.descriptor import Descriptor, MethodDescriptor, ServiceDescriptor

from gateway.contract import answered
from gateway.template import Template, parse_template

_VERBS = ("get", "put", "post", "delete", "patch")
_FILE = "google.api.HttpBody"
# What these begin goes on when they are answered.
_ACCEPTED = frozenset({"loadcell.v1.ExportService.CreateExport"})


@dataclass(frozen=True, slots=True)
class Binding:
    """One verb and path of one method.

    `body` names the field of the request the HTTP body becomes: "*" for the whole request, "" for none.
    `response_body` names the field of the response that becomes the HTTP body, "" for the whole response.
    """

    method: MethodDescriptor
    verb: str
    template: Template
    body: str
    response_body: str

    @property
    def status(self) -> int:
        """The HTTP status of success."""
        return 202 if self.method.full_name in _ACCEPTED else 200

    @property
    def is_read(self) -> bool:
        """Whether the call answers with data in JSON: callers may want only some fields of it."""
        main = next(_rules(self.method)).WhichOneof("pattern")
        return "GET" in {self.verb, main.upper()} and self.response.full_name != _FILE

    @property
    def request(self) -> Descriptor:
        """The type of the request."""
        found: Descriptor = self.method.input_type
        return found

    @property
    def response(self) -> Descriptor:
        """The type of the response."""
        found: Descriptor = self.method.output_type
        return found


def read_bindings(services: Iterable[ServiceDescriptor]) -> list[Binding]:
    """Return the bindings of all annotated methods, additional bindings included, most specific paths first.

    Raises:
        ValueError: an annotation cannot be served: a streaming method, an unknown field, a verb and path that are
            taken, a kind of path that is not supported.
    """
    found: dict[tuple[str, str], Binding] = {}
    for service in services:
        for method in answered(service):
            for rule in _rules(method):
                binding = _binding(method, rule)
                key = (binding.verb, binding.template.route)
                if key in found:
                    raise ValueError(f"{method.full_name}: {key} belongs to {found[key].method.full_name}")
                found[key] = binding
    return sorted(found.values(), key=lambda binding: binding.template.precedence)


def _rules(method: MethodDescriptor) -> Iterator[Any]:
    options: Any = method.GetOptions()
    if options.HasExtension(annotations_pb2.http):
        rule = options.Extensions[annotations_pb2.http]
        yield rule
        yield from rule.additional_bindings


def _binding(method: MethodDescriptor, rule: Any) -> Binding:
    kind = rule.WhichOneof("pattern")
    if kind not in _VERBS:
        raise ValueError(f"{method.full_name}: HTTP rule of kind {kind!r} is not supported")
    if method.client_streaming or method.server_streaming:
        raise ValueError(f"{method.full_name}: a streaming method cannot be a plain HTTP call")
    binding = Binding(method, kind.upper(), parse_template(getattr(rule, kind)), rule.body, rule.response_body)
    named = [field.split(".")[0] for field in binding.template.fields]
    named += [rule.body] if rule.body not in ("", "*") else []
    for name in named:
        if name not in binding.request.fields_by_name:
            raise ValueError(f"{method.full_name}: the HTTP rule names {name!r}, which the request does not have")
    if rule.response_body and rule.response_body not in binding.response.fields_by_name:
        raise ValueError(f"{method.full_name}: the response has no field {rule.response_body!r}")
    return binding
