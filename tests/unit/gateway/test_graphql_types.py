"""Types are those of the contract."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from google.protobuf.descriptor import Descriptor
from graphql import GraphQLObjectType, build_schema, get_named_type

from gateway.contract import comments
from gateway.graphql.queries import QUERIES
from gateway.graphql.schema import make_schema
from gateway.graphql.settings import DEFAULTS, LOCAL, GraphqlSettings
from loadcell import settings
from loadcell.settings import SettingsError

SCHEMA = build_schema(make_schema().as_str())


def inside(message: Descriptor, seen: dict[str, Descriptor]) -> Iterator[Descriptor]:
    if message.full_name in seen or message.GetOptions().map_entry or message.file.package == "google.protobuf":
        return
    seen[message.full_name] = message
    yield message
    for field in message.fields:
        if field.message_type is not None:
            yield from inside(field.message_type, seen)


def test_every_field_of_every_answer_is_there_with_its_comment() -> None:
    seen: dict[str, Descriptor] = {}
    for query in QUERIES:
        answer = query.method.output_type
        whole = answer.fields_by_name[query.part].message_type if query.part else None
        for message in inside(whole, seen) if whole is not None else ():
            kind = SCHEMA.type_map[message.name]
            assert isinstance(kind, GraphQLObjectType)
            for field in message.fields:
                shown = kind.fields[field.camelcase_name]
                if (message.name, field.name) not in {("Trace", "children"), ("Trace", "timeline")}:
                    assert shown.description == comments()[field.full_name]
    assert len(seen) > 30


def test_what_may_be_unset_may_be_null_and_lists_may_not() -> None:
    trace, run = SCHEMA.type_map["Trace"], SCHEMA.type_map["Run"]
    assert isinstance(trace, GraphQLObjectType)
    assert isinstance(run, GraphQLObjectType)
    assert str(trace.fields["tags"].type) == "[String!]!"
    assert str(trace.fields["totalTokens"].type) == "Int"
    assert str(run.fields["runId"].type) == "String!"
    assert str(run.fields["labels"].type) == "JSON!"
    assert str(run.fields["config"].type) == "RunConfig"


def test_arguments_are_the_fields_of_requests() -> None:
    assert SCHEMA.query_type is not None
    queries = SCHEMA.query_type.fields
    assert set(queries["traces"].args) == {"filter", "limit", "cursor", "sortBy", "sortOrder"}
    assert "limit: Int = 50" in make_schema().as_str()
    filtered = get_named_type(queries["traces"].args["filter"].type)
    assert {"from", "to", "minCost", "tagsAll", "search", "status"} <= set(filtered.fields)  # type: ignore[union-attr]
    assert "cursor" not in filtered.fields  # type: ignore[union-attr]
    assert str(queries["trace"].args["traceId"].type) == "String!"
    assert str(queries["metrics"].args["metrics"].type) == "[String!]!"
    assert "fields" not in queries["models"].args


def test_every_query_says_what_it_is_for() -> None:
    assert SCHEMA.query_type is not None
    assert SCHEMA.mutation_type is None
    assert SCHEMA.subscription_type is None
    for name, field in SCHEMA.query_type.fields.items():
        assert field.description, name


def test_settings_have_the_names_of_before() -> None:
    assert DEFAULTS.graphql
    assert (DEFAULTS.graphql_introspection, DEFAULTS.graphql_playground) == (LOCAL, LOCAL)
    assert (DEFAULTS.graphql_max_depth, DEFAULTS.graphql_max_complexity) == (10, 1_000)
    environment = {
        "GRAPHQL_ENABLED": "false",
        "GRAPHQL_PLAYGROUND": "true",
        "GRAPHQL_INTROSPECTION": "false",
        "GRAPHQL_MAX_DEPTH": "20",
        "GRAPHQL_MAX_COMPLEXITY": "5",
    }
    found = settings.load(GraphqlSettings, environment)
    assert not found.graphql
    assert (found.graphql_playground, found.graphql_introspection) == ("on", "off")
    assert (found.graphql_max_depth, found.graphql_max_complexity) == (20, 5)
    with pytest.raises(SettingsError, match="LOADCELL_GRAPHQL_PLAYGROUND='maybe': must be on, off or local"):
        settings.load(GraphqlSettings, {"LOADCELL_GRAPHQL_PLAYGROUND": "maybe"})
