"""The services that are served over HTTP, and the comments of the contract.

The contract may be ahead of the controller: a service is routed and documented once it is in SERVICES.

Descriptors in generated code carry no comments. `make protos` writes gateway/contract.binpb, the same contract
with them, for the OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from loadcell.v1 import (
    auth_pb2,
    cost_pb2,
    event_pb2,
    export_pb2,
    fleet_pb2,
    metrics_pb2,
    model_pb2,
    recommend_pb2,
    run_pb2,
    trace_pb2,
)

SERVICES: tuple[ServiceDescriptor, ...] = (
    run_pb2.DESCRIPTOR.services_by_name["RunService"],
    recommend_pb2.DESCRIPTOR.services_by_name["RecommendService"],
    fleet_pb2.DESCRIPTOR.services_by_name["FleetService"],
    trace_pb2.DESCRIPTOR.services_by_name["TraceService"],
    metrics_pb2.DESCRIPTOR.services_by_name["MetricsService"],
    model_pb2.DESCRIPTOR.services_by_name["ModelService"],
    cost_pb2.DESCRIPTOR.services_by_name["CostService"],
    event_pb2.DESCRIPTOR.services_by_name["EventService"],
    export_pb2.DESCRIPTOR.services_by_name["ExportService"],
    auth_pb2.DESCRIPTOR.services_by_name["AuthService"],
)

# Methods of these services that no controller answers yet: neither routed nor documented.
UNANSWERED: frozenset[str] = frozenset()

# Field numbers in descriptor.proto: a location is addressed by the path of these numbers and positions.
_IN_FILE = {"message_type": 4, "enum_type": 5, "service": 6}
_IN_MESSAGE = {"field": 2, "nested_type": 3, "enum_type": 4}
_IN_ENUM = {"value": 2}
_IN_SERVICE = {"method": 2}


def answered(service: ServiceDescriptor) -> list[MethodDescriptor]:
    """Return the methods of a service that the controller answers."""
    return [method for method in service.methods if method.full_name not in UNANSWERED]


@cache
def comments() -> dict[str, str]:
    """Return the comment of every element of the contract by its full name; values of enums are under the enum."""
    content = resources.files("gateway").joinpath("contract.binpb").read_bytes()
    found: dict[str, str] = {}
    for file in descriptor_pb2.FileDescriptorSet.FromString(content).file:
        texts = {tuple(location.path): location.leading_comments for location in file.source_code_info.location}
        for path, name in _elements(file, file.package, (), _IN_FILE):
            text = texts.get(path, "")
            found[name] = "\n".join(line.removeprefix(" ").rstrip() for line in text.splitlines()).strip()
    return found


def _elements(
    parent: Any, name: str, path: tuple[int, ...], kinds: dict[str, int]
) -> Iterator[tuple[tuple[int, ...], str]]:
    inside = {
        "message_type": _IN_MESSAGE,
        "nested_type": _IN_MESSAGE,
        "enum_type": _IN_ENUM,
        "service": _IN_SERVICE,
    }
    for kind, number in kinds.items():
        for position, child in enumerate(getattr(parent, kind)):
            child_path, child_name = (*path, number, position), f"{name}.{child.name}"
            yield child_path, child_name
            yield from _elements(child, child_name, child_path, inside.get(kind, {}))
