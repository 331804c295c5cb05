"""Builds services that are not in the contract, to show that annotations alone make routes."""

from __future__ import annotations

from typing import Any

from google.api import annotations_pb2, http_pb2, httpbody_pb2  # noqa: F401 - httpbody registers its file
from google.protobuf import descriptor_pb2, descriptor_pool, timestamp_pb2  # noqa: F401 - registers its file
from google.protobuf.descriptor import ServiceDescriptor

_Field = descriptor_pb2.FieldDescriptorProto
_TYPES = {
    "string": _Field.TYPE_STRING,
    "int32": _Field.TYPE_INT32,
    "bool": _Field.TYPE_BOOL,
}


def build_service(
    package: str, rules: dict[str, http_pb2.HttpRule], *, streaming: bool = False
) -> ServiceDescriptor:
    """Return a service with one method for each rule.

    Requests have name, filter.text, sizes (repeated), flag, node (a message that contains itself), kind (an enum)
    and since (a timestamp); responses have text and node.
    """
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    file.dependency.extend(["google/api/annotations.proto", "google/api/httpbody.proto"])
    file.dependency.append("google/protobuf/timestamp.proto")
    kind = file.enum_type.add(name="Kind")
    for number, value in enumerate(("KIND_UNSPECIFIED", "KIND_SMALL", "KIND_LARGE")):
        kind.value.add(name=value, number=number)
    _message(file, "Filter", text="string")
    node = _message(file, "Node", value="string")
    _nested(node, package, "Node", "next")
    for name in rules:
        request = _message(file, f"{name}Request", name="string", sizes="int32", flag="bool", request_id="string")
        request.field[1].label = _Field.LABEL_REPEATED
        _nested(request, package, "Filter", "filter")
        _nested(request, package, "Node", "node")
        _nested(request, package, "Kind", "kind", _Field.TYPE_ENUM)
        _nested(request, "google.protobuf", "Timestamp", "since")
        _nested(_message(file, f"{name}Response", text="string"), package, "Node", "node")
    service = file.service.add(name="SyntheticService")
    for name, rule in rules.items():
        method = service.method.add(
            name=name,
            input_type=f".{package}.{name}Request",
            output_type=f".{package}.{name}Response",
            server_streaming=streaming,
        )
        method.options.Extensions[annotations_pb2.http].CopyFrom(rule)
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    return pool.FindServiceByName(f"{package}.SyntheticService")


def _message(file, message_name: str, **fields: str) -> descriptor_pb2.DescriptorProto:
    message = file.message_type.add(name=message_name)
    for number, (name, kind) in enumerate(fields.items(), 1):
        message.field.add(name=name, number=number, type=_TYPES[kind], label=_Field.LABEL_OPTIONAL)
    return message


def _nested(
    message: descriptor_pb2.DescriptorProto, package: str, of: str, name: str, kind: Any = _Field.TYPE_MESSAGE
) -> None:
    message.field.add(
        name=name,
        number=len(message.field) + 1,
        type=kind,
        type_name=f".{package}.{of}",
        label=_Field.LABEL_OPTIONAL,
    )
