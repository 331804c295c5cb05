"""`python -m gateway.graphql`: print the schema, for tools that make clients of it."""

from __future__ import annotations

from gateway.graphql.schema import make_schema

if __name__ == "__main__":
    print(make_schema().as_str())  # noqa: T201 - it is what this is for
