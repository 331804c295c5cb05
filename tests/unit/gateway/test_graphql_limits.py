"""What a document may ask for, and that it is judged quickly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.graphql.documents import MAX_CHARACTERS, MAX_KEPT, Documents
from gateway.graphql.limits import MOST_OF_A_NAME
from gateway.graphql.schema import make_schema
from gateway.graphql.settings import DEFAULTS, GraphqlSettings
from loadcell.errors import LoadcellError


def refusal(document: str, limits: GraphqlSettings = DEFAULTS, **variables: Any) -> tuple[str, str] | None:
    """Why a document is refused: the reason of the catalog, and the last word of the message."""
    documents = Documents(make_schema(), limits)
    read = documents.read(document)
    try:
        if read.document is not None:
            documents.operation(read.document, None, variables)
            return None
        error = read.errors[0]
        if not isinstance(error, LoadcellError):
            return "INVALID", error.message
        raise error
    except LoadcellError as error:
        return error.reason, error.message


def refused(document: str, word: str, limits: GraphqlSettings = DEFAULTS, **variables: Any) -> None:
    found = refusal(document, limits, **variables)
    assert found is not None
    assert found[0] in ("LIMIT_EXCEEDED", "INVALID")
    assert word in found[1]


def nested(depth: int) -> str:
    """A document so many fields deep."""
    return "{ traces(limit: 1) { " + "spans { " * (depth - 2) + "id" + " }" * depth


@pytest.mark.parametrize(
    ("document", "objects"),
    [
        ("{ traces { id model } }", 50),
        ("{ traces(limit: 7) { id } }", 7),
        ("{ traces(limit: 7) { id spans { spanId } } }", 14),
        ("{ traces(limit: 7) { feedback { score } } }", 77),
        ("{ tracePage(limit: 7) { data { id } pagination { cursor } } }", 9),
        ('{ trace(traceId: "a") { run { runId config { adapter } } } }', 3),
        ("{ a: traces(limit: 2) { id } b: traces(limit: 3) { id } }", 5),
        (
            "{ ...F } fragment F on Query { runs(limit: 2) { ...T ...T } } fragment T on Run { config { model } }",
            6,
        ),
        ("{ traces(limit: 2) { ... on Trace { run { runId } } } }", 4),
        ("{ traces(limit: null) { id } }", 50),
        ("{ traces(limit: -3) { id } }", 1),
        ('{ llmMetrics(from: "now-1h", to: "now") { traceId } }', 1_000),
        ('{ metrics(metrics: ["request_count"]) { data } }', 1),
        ("query ($n: Int = 4) { traces(limit: $n) { id } }", 4),
        ("{ __typename }", 0),
    ],
)
def test_objects_are_counted_as_often_as_they_can_be(document: str, objects: int) -> None:
    assert refusal(document, replace(DEFAULTS, graphql_max_complexity=max(objects, 1))) is None
    if objects > 1:
        refused(document, "objects", replace(DEFAULTS, graphql_max_complexity=objects - 1))


def test_values_are_counted_as_often_as_their_objects() -> None:
    fields = "id ts model provider durationMs ttftMs totalTokens totalCostUsd statusCode environment"
    assert refusal(f"{{ traces(limit: 1000) {{ {fields} }} }}") is None
    more = "traceId spanId userId sessionId level runId agentId warmup httpStatus operationType projectId"
    refused(f"{{ traces(limit: 1000) {{ {fields} {more} }} }}", "values")
    assert refusal(f"{{ traces(limit: 900) {{ {fields} {more} }} }}") is None


def test_limits_may_be_variables() -> None:
    document = "query ($n: Int) { traces(limit: $n) { run { runId } } }"
    assert refusal(document, n=500) is None
    refused(document, "objects", n=501)
    assert refusal(document, n=None) is None
    assert refusal(document) is None


def test_depth() -> None:
    limits = replace(DEFAULTS, graphql_max_depth=2)
    assert refusal("{ traces { id } }", limits) is None
    refused("{ traces { spans { spanId } } }", "levels", limits)
    refused("{ traces { ...A } } fragment A on Trace { spans { spanId } }", "levels", limits)


@pytest.mark.parametrize(
    ("document", "word"),
    [
        ("{" + "a {" * 3_000 + "b" + "}" * 3_001, "nested"),
        ("{ traces(filter: {tags: " + "[" * 400 + "]" * 400 + "}) { id } }", "nested"),
        ("{ traces { " + "id " * 500 + "} }", f"{MOST_OF_A_NAME} fields called id"),
        ("{ " + "traces { run { runId } } " * 80 + "}", f"{MOST_OF_A_NAME} fields called"),
        ("{ traces { " + "id " * 1_100 + "} }", "tokens"),
        ("#\n" * 200 + "{ traces { id } }", "comments"),
        ("{ " + " ".join(f"a{n}: traces {{ id }}" for n in range(31)) + " }", "aliases"),
        ("{ traces { id " + "@skip(if: false) " * 21 + "} }", "directives"),
        ("{ " + "runs { runId } " * 11 + "}", "queries"),
        ("{ ...F } fragment F on Query { " + "runs { runId } " * 11 + "}", "queries"),
        ("{ traces { ...A } } fragment A on Trace { ...B } fragment B on Trace { ...A }", "within itself"),
        (
            "{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }",
            "introspection",
        ),
    ],
)
def test_bombs_are_refused(document: str, word: str) -> None:
    refused(document, word)


def test_fragments_of_fragments_are_counted_where_they_are_spread() -> None:
    fragments = " ".join(f"fragment F{n} on Trace {{ id ...F{n + 1} ...F{n + 1} }}" for n in range(40))
    refused(f"{{ traces(limit: 1) {{ ...F0 }} }} {fragments} fragment F40 on Trace {{ id }}", "fields")


def test_documents_have_a_length() -> None:
    assert refusal(" " * (MAX_CHARACTERS - 15) + "{ __typename }") is None
    found = refusal("{ __typename }" + " " * MAX_CHARACTERS)
    assert found is not None
    assert found[0] == "PAYLOAD_TOO_LARGE"


@pytest.mark.parametrize("document", ["mutation { a }", "subscription { traces { id } }", "type A { b: Int }"])
def test_there_are_queries_only(document: str) -> None:
    found = refusal(document)
    assert found is not None
    assert found[0] == "INVALID"


def test_what_is_read_is_kept_and_no_more_than_so_much() -> None:
    documents = Documents(make_schema(), DEFAULTS)
    first, wrong = documents.read("{ traces { id } }"), documents.read("{ nothing }")
    assert documents.read("{ traces { id } }") is first
    assert documents.read("{ nothing }") is wrong
    for number in range(MAX_KEPT - 1):
        documents.read(f"{{ traces(limit: {number}) {{ id }} }}")
        documents.read("{ traces { id } }")
    assert documents.read("{ traces { id } }") is first
    assert documents.read("{ nothing }") is not wrong


def test_suggestions_do_not_tell_the_schema() -> None:
    found = refusal("{ trace_s { id } }")
    assert found is not None
    assert "Did you mean" not in found[1]
