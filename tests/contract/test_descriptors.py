"""Rules of the contract that no linter checks for us, on the descriptors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from google.protobuf import descriptor_pb2

Field = descriptor_pb2.FieldDescriptorProto
File = descriptor_pb2.FileDescriptorProto
# Names the answers about traces, metrics and costs keep from the system whose clients read them.
INHERITED_TIMES = {"ts", "timestamp", "start_time", "end_time", "scheduled_time"}
INHERITED_TIMES |= {"historical_start", "historical_end", "forecast_start", "forecast_end"}
INHERITED_NUMBERS = {"ListTracesRequest.min_duration", "ListTracesRequest.max_duration"}  # milliseconds
UNSIGNED = {Field.TYPE_UINT32, Field.TYPE_UINT64, Field.TYPE_FIXED32, Field.TYPE_FIXED64}


def messages(contract: list[File]) -> dict[str, descriptor_pb2.DescriptorProto]:
    return {message.name: message for file in contract for message in file.message_type}


def fields(contract: list[File]) -> Iterator[tuple[str, Field]]:
    for name, message in messages(contract).items():
        for field in message.field:
            yield f"{name}.{field.name}", field


def methods(contract: list[File]) -> list[descriptor_pb2.MethodDescriptorProto]:
    return [method for file in contract for service in file.service for method in service.method]


def test_the_contract_was_found(contract: list[File]) -> None:
    assert {"RunService", "AgentService", "FleetService"} <= {s.name for file in contract for s in file.service}


def test_every_list_method_pages_from_day_one(contract: list[File]) -> None:
    known = messages(contract)
    lists = [method.name for method in methods(contract) if method.name.startswith("List")]
    assert lists
    for name in lists:
        asked = {field.name for field in known[f"{name}Request"].field}
        answered = {field.name for field in known[f"{name}Response"].field}
        assert {"limit", "cursor"} <= asked, name
        assert {"next_cursor", "total"} <= answered or "pagination" in answered, name


def test_no_integer_is_unsigned(contract: list[File]) -> None:
    assert [name for name, field in fields(contract) if field.type in UNSIGNED] == []


def test_first_value_of_every_enum_is_unspecified(contract: list[File]) -> None:
    enums = [enum for file in contract for enum in file.enum_type]
    enums += [enum for message in messages(contract).values() for enum in message.enum_type]
    assert enums
    for enum in enums:
        assert enum.value[0].number == 0
        assert enum.value[0].name.endswith("_UNSPECIFIED"), enum.name


def test_points_in_time_end_in_at(contract: list[File]) -> None:
    times = [name for name, field in fields(contract) if field.type_name == ".google.protobuf.Timestamp"]
    assert times
    others = [name for name in times if not name.endswith("_at")]
    assert [name for name in others if name.rpartition(".")[2] not in INHERITED_TIMES] == []


def test_numbers_with_a_dimension_name_their_unit(contract: list[File]) -> None:
    """A bare "duration", "latency" or "elapsed" leaves the unit to be guessed."""
    vague = ("duration", "latency", "elapsed", "interval", "offset_time", "uptime")
    numbers = {Field.TYPE_DOUBLE, Field.TYPE_FLOAT, Field.TYPE_INT32, Field.TYPE_INT64, Field.TYPE_SINT64}
    assert [
        name
        for name, field in fields(contract)
        if field.type in numbers and name.rpartition(".")[2].endswith(vague) and name not in INHERITED_NUMBERS
    ] == []


def test_requests_and_responses_belong_to_one_method(contract: list[File]) -> None:
    for method in methods(contract):
        assert method.input_type == f".loadcell.v1.{method.name}Request"
        assert method.output_type in (f".loadcell.v1.{method.name}Response", ".google.api.HttpBody")


# Paths of source information: https://protobuf.dev/reference/java/api-docs/com/google/protobuf/DescriptorProtos
MESSAGE, ENUM, SERVICE, EXTENSION, MEMBER, NESTED, NESTED_ENUM = 4, 5, 6, 7, 2, 3, 4


def described(file: File) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Everything of a file that must carry a comment, with its path in the source information."""
    for s, service in enumerate(file.service):
        yield service.name, (SERVICE, s)
        yield from ((method.name, (SERVICE, s, MEMBER, m)) for m, method in enumerate(service.method))
    for e, enum in enumerate(file.enum_type):
        yield enum.name, (ENUM, e)
        yield from ((value.name, (ENUM, e, MEMBER, v)) for v, value in enumerate(enum.value))
    for x, extension in enumerate(file.extension):
        yield extension.name, (EXTENSION, x)
    for m, message in enumerate(file.message_type):
        yield message.name, (MESSAGE, m)
        yield from ((f"{message.name}.{f.name}", (MESSAGE, m, MEMBER, i)) for i, f in enumerate(message.field))


def test_everything_has_a_comment(contract: list[File]) -> None:
    seen = 0
    for file in contract:
        comments = {tuple(place.path): place.leading_comments.strip() for place in file.source_code_info.location}
        for name, path in described(file):
            seen += 1
            assert comments.get(path), f"{file.name}: {name} has no comment"
    assert seen > 300


@pytest.mark.parametrize("kind", ["message", "enum"])
def test_nothing_is_nested(contract: list[File], kind: str) -> None:
    """The comment check above and every reader rely on one flat list; maps are the compiler's own nesting."""
    for name, message in messages(contract).items():
        inner = (
            message.enum_type if kind == "enum" else [n for n in message.nested_type if not n.options.map_entry]
        )
        assert not inner, name


def test_methods_say_how_they_fail(contract: list[File]) -> None:
    """Every method over the outside world's calls names its errors, or takes nothing that could be wrong."""
    for file in contract:
        comments = {tuple(place.path): place.leading_comments for place in file.source_code_info.location}
        for s, service in enumerate(file.service):
            for m, method in enumerate(service.method):
                request = messages(contract)[method.input_type.rpartition(".")[2]]
                said = comments[SERVICE, s, MEMBER, m]
                streams = method.client_streaming  # sample streams answer refusals in band
                assert "Errors:" in said or streams or not request.field, f"{service.name}.{method.name}"
