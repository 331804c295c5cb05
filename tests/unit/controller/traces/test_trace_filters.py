"""Filters of a search: what they mean, and that nothing else gets through."""

from __future__ import annotations

import json
from typing import Any

import pytest
from evaluation import holds
from hypothesis import given
from hypothesis import strategies as st
from trace_strategies import HOUR, NOW, filters, leaves, traces

from controller.query.traces.conditions import And, Condition, Not, Operator, Or
from controller.query.traces.fields import FIELDS
from controller.query.traces.filters import MAX_DEPTH, MAX_NODES, read_filter
from controller.query.traces.question import conditions
from loadcell.errors import LoadcellError
from loadcell.instants import Instant


def leaf(field: str, operator: str, value: object) -> dict[str, object]:
    return {"field": field, "operator": operator, "value": value}


def refused(node: object) -> tuple[str, str | None]:
    with pytest.raises(LoadcellError) as error:
        read_filter(node, NOW)
    return error.value.reason, error.value.field


def meaning(operator: str, node: dict[str, Any], trace: dict[str, Any]) -> bool:
    return holds(read_filter(node | {"operator": operator}, NOW), trace)


@given(leaves(), traces)
def test_the_negative_operators_are_exact_opposites(node, trace):
    opposites = {"ne": "eq", "not_in": "in", "not_contains": "contains"}
    if (positive := opposites.get(node["operator"])) is not None:
        assert meaning(node["operator"], node, trace) != meaning(positive, node, trace)


@given(filters, traces)
def test_not_is_the_opposite_of_any_filter(node, trace):
    opposite = {"operator": "NOT", "filters": [node]}
    assert holds(read_filter(opposite, NOW), trace) != holds(read_filter(node, NOW), trace)


@given(st.lists(leaves(), min_size=1, max_size=4), traces)
def test_de_morgan(nodes, trace):
    neither = {"operator": "not", "filters": [{"operator": "or", "filters": nodes}]}
    none = {"operator": "and", "filters": [{"operator": "not", "filters": [node]} for node in nodes]}
    assert holds(read_filter(neither, NOW), trace) == holds(read_filter(none, NOW), trace)


@given(filters)
def test_every_valid_filter_becomes_a_tree_of_filterable_fields(node):
    found = list(conditions(read_filter(node, NOW)))
    assert found
    assert all(condition.field.filterable for condition in found)


@given(filters)
def test_a_filter_that_went_through_json_floats_is_the_same(node):
    """A Struct of protobuf knows no integers."""
    floats = json.loads(json.dumps(node), parse_int=float)
    assert read_filter(floats, NOW) == read_filter(node, NOW)


@pytest.mark.parametrize(
    ("word", "operator"),
    [(operator.value, operator) for operator in Operator if operator not in {Operator.GT, Operator.IN}]
    + [("startsWith", Operator.STARTS_WITH), ("endsWith", Operator.ENDS_WITH)],
)
def test_W32_documented_names_and_aliases_of_operators(word, operator):
    numeric = operator in {Operator.GTE, Operator.LT, Operator.LTE}
    value: object = 1 if numeric else ["a"] if operator is Operator.NOT_IN else "a"
    tree = read_filter(leaf("total_tokens" if numeric else "model", word, value), NOW)
    assert isinstance(tree, Condition)
    assert tree.operator is operator


def test_W32_nin_exists_and_between():
    model, tokens = FIELDS["model"], FIELDS["total_tokens"]
    assert read_filter(leaf("model", "nin", ["a"]), NOW) == Condition(model, Operator.NOT_IN, ("a",))
    assert read_filter(leaf("model", "exists", True), NOW) == Condition(model, Operator.NE, None)
    assert read_filter(leaf("model", "exists", False), NOW) == Condition(model, Operator.EQ, None)
    assert read_filter(leaf("total_tokens", "between", [1, 2]), NOW) == And(
        (Condition(tokens, Operator.GTE, 1), Condition(tokens, Operator.LTE, 2))
    )
    assert refused(leaf("total_tokens", "between", [2, 1])) == ("INVALID_FIELD_VALUE", "filter.value")
    assert refused(leaf("total_tokens", "between", [1])) == ("INVALID_FIELD_FORMAT", "filter.value")
    assert refused(leaf("model", "between", ["a", "b"])) == ("INVALID_FIELD_VALUE", "filter.operator")
    with pytest.raises(LoadcellError, match=r"^between does not fit model"):
        read_filter(leaf("model", "between", ["a", "b"]), NOW)


@pytest.mark.parametrize("word", ["and", "AND", "or", "OR", "not", "NOT"])
def test_W32_groups_in_either_case(word):
    tree = read_filter({"operator": word, "filters": [leaf("model", "eq", "m")]}, NOW)
    assert isinstance(tree, {"and": And, "or": Or, "not": Not}[word.lower()])


def test_W33_values_have_the_type_of_their_field():
    assert read_filter(leaf("total_tokens", "in", [1, 2.0, 0.5]), NOW).value == (1, 2, 0.5)
    assert read_filter(leaf("ts", "gt", "now-1h"), NOW).value == Instant(NOW - HOUR, -HOUR)
    assert read_filter(leaf("scheduled_time", "eq", "1970-01-01T00:00:01Z"), NOW).value == Instant(1_000_000)
    assert read_filter(leaf("model", "eq", "5"), NOW).value == "5"
    assert read_filter(leaf("warmup", "eq", True), NOW).value is True
    assert read_filter(leaf("trace_id", "eq", "AB" * 16), NOW).value == "ab" * 16


@pytest.mark.parametrize(
    ("field", "operator", "value"),
    [
        ("total_tokens", "eq", "5"),
        ("total_tokens", "eq", True),
        ("total_tokens", "eq", float("nan")),
        ("total_tokens", "lt", float("inf")),
        ("total_tokens", "eq", 2**53 + 1),
        pytest.param("total_tokens", "eq", 10**5000, id="huge"),
        ("total_tokens", "gt", None),
        ("total_tokens", "gt", [1]),
        ("total_tokens", "gt", {}),
        ("model", "eq", 5),
        ("model", "eq", ""),
        ("model", "eq", "a\0b"),
        ("model", "contains", "\ud800"),
        ("model", "eq", "x" * 1_025),
        ("model", "in", []),
        ("model", "in", "m"),
        ("model", "in", ["m"] * 1_001),
        ("model", "regex", "(a"),
        ("model", "search", "?!"),
        ("model", "exists", "yes"),
        ("ts", "gt", NOW),
        ("ts", "gt", "yesterday"),
        ("trace_id", "eq", "ab"),
        ("span_id", "eq", "g" * 16),
        ("status_code", "eq", "fine"),
        ("status_code", "eq", 42),
        pytest.param("status_code", "eq", 10**5000, id="huge status"),
        ("status_code", "eq", float("nan")),
        ("status_code", "eq", []),
        ("warmup", "eq", 1),
        ("attributes.a", "gt", "x"),
        ("attributes.a", "eq", {}),
    ],
)
def test_W33_values_that_do_not_fit_are_refused_and_named(field, operator, value):
    reason, where = refused({"operator": "and", "filters": [leaf(field, operator, value)]})
    assert reason in {"INVALID_FIELD_FORMAT", "INVALID_FIELD_VALUE"}
    assert where == "filter.filters[0].value"


@pytest.mark.parametrize(
    ("field", "operator", "value", "message"),
    [
        ("ttft_ms", "gt", None, "null is not a number"),
        ("ttft_ms", "eq", "5", "a text is not a number"),
        ("ttft_ms", "eq", True, "true or false is not a number"),
        ("ttft_ms", "eq", [], "a list is not a number"),
        ("model", "eq", {}, "an object is not a text"),
        ("model", "contains", 5, "a number is not a text"),
        ("model", "in", "m", "a text is not a list"),
        ("model", "exists", None, "null is not true or false"),
        ("status_code", "in", [None], "null is no status"),
        ("status_code", "eq", True, "true or false is no status"),
    ],
)
def test_values_of_a_wrong_type_are_called_as_json_calls_them(field, operator, value, message):
    with pytest.raises(LoadcellError) as error:
        read_filter(leaf(field, operator, value), NOW)
    assert (error.value.reason, error.value.message) == ("INVALID_FIELD_FORMAT", message)


def test_a_value_in_a_list_is_named_by_its_place():
    assert refused(leaf("model", "in", ["m", 5])) == ("INVALID_FIELD_FORMAT", "filter.value[1]")
    assert refused(leaf("model", "in", ["m", None])) == ("INVALID_FIELD_FORMAT", "filter.value[1]")


@pytest.mark.parametrize(
    ("field", "operator", "where"),
    [
        ("nothing", "eq", "field"),
        ("model.name", "eq", "field"),
        ("attributes", "eq", "field"),
        ("span_name", "eq", "field"),
        ("attributes.\0", "eq", "field"),
        ("model; --", "eq", "field"),
        ("model", "like", "operator"),
        ("model", "gt", "operator"),
        ("total_tokens", "contains", "operator"),
        ("trace_id", "starts_with", "operator"),
        ("tags", "eq", "operator"),
        ("attributes.a", "search", "operator"),
    ],
)
def test_operators_fit_their_field(field, operator, where):
    assert refused(leaf(field, operator, "x"))[1] == f"filter.{where}"


def test_status_words_and_http_numbers():
    status, http = FIELDS["status_code"], FIELDS["http_status"]
    for word, stored in {"success": "OK", "ok": "OK", "Error": "ERROR", "pending": "UNSET"}.items():
        assert read_filter(leaf("status_code", "eq", word), NOW) == Condition(status, Operator.EQ, stored)
    for number in (429, 429.0, "429"):
        assert read_filter(leaf("status_code", "ne", number), NOW) == Condition(http, Operator.NE, 429)
    either = (Condition(status, Operator.IN, ("ERROR",)), Condition(http, Operator.IN, (200, 204)))
    assert read_filter(leaf("status_code", "in", ["error", 200, "204"]), NOW) == Or(either)
    neither = tuple(Condition(one.field, Operator.NOT_IN, one.value) for one in either)
    assert read_filter(leaf("status_code", "not_in", ["error", 200, "204"]), NOW) == And(neither)


@pytest.mark.parametrize(
    ("node", "reason", "where"),
    [
        (None, "INVALID_FIELD_FORMAT", "filter"),
        ([], "INVALID_FIELD_FORMAT", "filter"),
        ({}, "MISSING_REQUIRED_FIELD", "filter.operator"),
        ({"operator": "and", "filters": []}, "INVALID_FIELD_FORMAT", "filter.filters"),
        ({"operator": "and", "filters": {}}, "INVALID_FIELD_FORMAT", "filter.filters"),
        ({"operator": "xor", "filters": [leaf("model", "eq", "m")]}, "INVALID_FIELD_VALUE", "filter.operator"),
        ({"operator": "not", "filters": [leaf("model", "eq", "m")] * 2}, "INVALID_FIELD_VALUE", "filter.filters"),
        ({"operator": "or", "filters": [5]}, "INVALID_FIELD_FORMAT", "filter.filters[0]"),
        ({"operator": "or", "filter": []}, "UNKNOWN_FIELD", "filter"),
        ({"field": "model", "operator": "eq"}, "MISSING_REQUIRED_FIELD", "filter.value"),
        ({"field": "model", "value": "m"}, "MISSING_REQUIRED_FIELD", "filter.operator"),
        ({"field": 5, "operator": "eq", "value": "m"}, "MISSING_REQUIRED_FIELD", "filter.field"),
        (leaf("model", "eq", "m") | {"filters": []}, "UNKNOWN_FIELD", "filter"),
    ],
)
def test_malformed_nodes(node, reason, where):
    assert refused(node) == (reason, where)


def test_W25_depth_and_size_are_bounded():
    node = leaf("model", "eq", "m")
    for _ in range(MAX_DEPTH - 1):
        node = {"operator": "not", "filters": [node]}
    read_filter(node, NOW)
    assert refused({"operator": "not", "filters": [node]}) == ("LIMIT_EXCEEDED", "filter")
    for _ in range(100_000):
        node = {"operator": "not", "filters": [node]}
    assert refused(node) == ("LIMIT_EXCEEDED", "filter")
    while "filters" in node:  # taken apart here: the interpreter would do it by recursion
        node = node.pop("filters")[0]

    many = [leaf("model", "eq", "m")] * (MAX_NODES - 1)
    read_filter({"operator": "or", "filters": many}, NOW)
    assert refused({"operator": "or", "filters": [*many, many[0]]}) == ("LIMIT_EXCEEDED", "filter")


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("model", "contains", "%", True),  # no wildcards
        ("model", "contains", "_", False),
        ("model", "starts_with", "A%", True),  # case is ignored
        ("model", "eq", "A%B", False),
        ("model", "regex", "^A.B$", True),
        ("tags", "contains", "red", True),
        ("tags", "contains", "re", False),
        ("tags", "in", ["blue", "green"], True),
        ("tags", "not_in", ["green"], True),
        ("user_id", "ne", "bob", True),  # null is not bob
        ("user_id", "eq", None, True),
        ("user_id", "exists", True, False),
        ("user_id", "contains", "b", False),
        ("ttft_ms", "lt", 5, False),
        ("metadata.team", "eq", "a", True),
        ("metadata.team", "eq", 1, False),
        ("metadata.size", "gte", 2, True),
        ("metadata.none", "exists", False, True),
        ("input_text", "search", "World hello", True),
        ("output_text", "search", "hello", False),
        ("model", "search", "hello answer", True),  # any other field: both texts together
    ],
)
def test_meanings(field, operator, value, expected):
    trace = {
        "model": "a%b",
        "tags": ["red", "blue"],
        "attributes": {"team": "a", "size": 2},
        "input_text": "Hello, world",
        "output_text": "the answer",
    }
    assert holds(read_filter(leaf(field, operator, value), NOW), trace) is expected
