"""GraphQL documents at random: of the schema, nearly of it, and such as are meant to do harm."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLObjectType,
    build_schema,
    get_named_type,
    is_list_type,
    is_non_null_type,
)

from gateway.graphql.schema import make_schema

_SCHEMA = build_schema(make_schema().as_str())
_WORDS = (
    "",
    "now-1h",
    "now",
    "2026-01-31T12:00:00Z",
    "OK",
    "desc",
    "gpt-4o",
    "1day",
    "model",
    "x" * 300,
    "é",
    "0" * 32,
)
_OF_KIND = {
    "Int": ["0", "1", "3", "50", "-1", "1000", str(2**31 - 1)],
    "Int64": ["0", "1", str(2**31), str(2**63 - 1), str(-(2**63))],
    "Float": ["0", "0.5", "-1", "1e300"],
    "Boolean": ["true", "false"],
}
_RARELY = 0.03


def random_document(random: Random) -> str:
    """Return a document that is mostly valid."""
    fragments: list[str] = []
    assert _SCHEMA.query_type is not None
    body = _selection(random, _SCHEMA.query_type, random.randint(1, 9), fragments)
    head = _mostly(random, ["", "query ", "query A "], ["query A($v: Int) ", "mutation ", "subscription "])
    return " ".join([head + body, *fragments])


def spoilt(random: Random, document: str) -> str:
    """Return a document with something taken out, put in or doubled."""
    at, until = sorted(random.choices(range(len(document) + 1), k=2))
    middle = random.choice(["", document[at:until] * 2, random.choice('{}()[]":$@!&|=.#\0\n\ufeff\u2028é0-')])
    return document[:at] + middle + document[until:]


def bombs(size: int) -> Iterator[str]:
    """Yield documents of a size that are small and ask for much, or take long to read."""
    yield "{" + "a {" * size + "b" + "}" * (size + 1)
    yield "{ traces(filter: {tags: " + "[" * size + "]" * size + "}) { id } }"
    yield "{ traces { " + "id " * size + "} }"
    yield "{ " + "traces { run { runId } } " * size + "}"
    yield "{ " + " ".join(f"a{n}: traces {{ id }}" for n in range(size)) + " }"
    yield "{ traces { id " + "@skip(if: true) " * size + "} }"
    yield "{ " + " ".join(f"unknown{n}" for n in range(size)) + " }"
    yield "query (" + " ".join(f"$v{n}: Int" for n in range(size)) + ") { traces { id } }"
    yield " ".join(f"query Q{n} {{ traces {{ id }} }}" for n in range(size))
    yield "#\n" * size + "{ traces { id } }"
    yield '{ trace(traceId: "' + "x" * size * 10 + '") { id } }'
    yield '{ trace(traceId: """' + "\\u0041\n" * size + '""") { id } }'
    digits = "9" * size * 10
    yield f"{{ traces(limit: {digits}) {{ id }} }}"
    yield f"{{ traces(filter: {{minCost: {digits}, minTokens: {digits}}}) {{ id }} }}"
    yield f"query ($v: Float = {digits}) {{ traces(filter: {{minCost: $v}}) {{ id }} }}"
    yield f"query ($v: Float = 1e{digits}) {{ traces(filter: {{minCost: $v}}) {{ id }} }}"
    spread = " ".join(f"...F{n}" for n in range(size))
    yield f"{{ traces {{ {spread} }} }} " + " ".join(f"fragment F{n} on Trace {{ id }}" for n in range(size))
    chain = " ".join(f"fragment F{n} on Trace {{ run {{ runId }} ...F{n + 1} ...F{n + 1} }}" for n in range(size))
    yield f"{{ traces(limit: 1) {{ ...F0 }} }} {chain} fragment F{size} on Trace {{ id }}"
    ring = " ".join(f"fragment F{n} on Trace {{ ...F{(n + 1) % size} }}" for n in range(size))
    yield f"{{ traces {{ ...F0 }} }} {ring}"
    yield "{ __schema { types { " + "fields { type { " * size + "name" + " } }" * size + " } } }"


def _selection(random: Random, kind: GraphQLObjectType, depth: int, fragments: list[str]) -> str:
    names = random.sample(list(kind.fields), k=min(len(kind.fields), random.randint(1, 4)))
    parts = [_field(random, name, kind.fields[name], depth, fragments) for name in names]
    if random.random() < 0.2:
        name = f"F{len(fragments)}"
        fragments.append(f"fragment {name} on {kind.name} {{ {' '.join(parts)} }}")
        parts = [f"...{_mostly(random, [name], [f'F{len(fragments)}'])}"]
    return f"{{ {' '.join(parts)} }}"


def _field(random: Random, name: str, field: GraphQLField, depth: int, fragments: list[str]) -> str:
    alias = _mostly(random, ["", f"a{random.randrange(10**6)}: "], ["id: "])
    directive = _mostly(random, ["", " @skip(if: false)", " @include(if: true)"], [" @nothing"])
    given = [one for one in field.args if is_non_null_type(field.args[one].type) or random.random() < 0.3]
    values = ", ".join(f"{one}: {_value(random, field.args[one].type)}" for one in given)
    kind = get_named_type(field.type)
    inside = ""
    if isinstance(kind, GraphQLObjectType):
        inside = _selection(random, kind, depth - 1, fragments) if depth > 1 else "{ __typename }"
    return f"{alias}{name}{f'({values})' if values else ''}{directive} {inside}"


def _value(random: Random, kind: GraphQLInputType) -> str:
    if random.random() < _RARELY:
        found = random.choice(["null", "$v", "$w", "OTHER", "{}", "[]", "true", "1.5"])
    elif is_non_null_type(kind):
        found = _value(random, kind.of_type)
    elif is_list_type(kind):
        found = f"[{', '.join(_value(random, kind.of_type) for _ in range(random.randint(0, 3)))}]"
    elif isinstance(kind, GraphQLInputObjectType):
        names = random.sample(list(kind.fields), k=random.randint(0, 3))
        found = f"{{{', '.join(f'{name}: {_value(random, kind.fields[name].type)}' for name in names)}}}"
    elif isinstance(kind, GraphQLEnumType):
        found = random.choice(list(kind.values))
    else:
        found = random.choice(_OF_KIND.get(kind.name, [f'"{word}"' for word in _WORDS]))
    return found


def _mostly(random: Random, good: list[str], bad: list[str]) -> str:
    return random.choice(bad if random.random() < _RARELY else good)
