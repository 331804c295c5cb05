"""What the page on GraphQL shows can be asked, and what it says is so."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from graphql import OperationDefinitionNode, build_schema

from gateway.graphql import cost, documents, limits, routes
from gateway.graphql.arguments import PAGE_SIZE
from gateway.graphql.schema import make_schema
from gateway.graphql.settings import DEFAULTS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "graphql.md").read_text()
COMMANDS = re.search(r"^```\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
SHOWN = re.findall(r"^```graphql\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


def sent() -> list[str]:
    """Documents that the shown commands send."""
    assert COMMANDS is not None
    found = []
    for line in COMMANDS[1].replace("\\\n", " ").splitlines():
        words = shlex.split(line)
        last = words[-1]
        found.append(json.loads(last)["query"] if last.startswith("{") else last.removeprefix("query="))
    return found


@pytest.mark.parametrize("document", [*SHOWN, *sent()])
def test_what_is_shown_can_be_asked(document: str) -> None:
    kept = documents.Documents(make_schema(), DEFAULTS)
    read = kept.read(document)
    assert read.errors == ()
    assert read.document is not None
    assert isinstance(kept.operation(read.document, None, {}), OperationDefinitionNode)


def test_every_query_is_listed() -> None:
    schema = build_schema(make_schema().as_str())
    assert schema.query_type is not None
    table = PAGE.partition("## Queries")[2].partition("Names are")[0]
    listed = {
        name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    assert listed == set(schema.query_type.fields)


def test_the_limits_are_those_of_the_settings() -> None:
    table = dict(re.findall(r"^\| ([a-z ,]+) \| ([0-9, s]+) \|", PAGE.partition("## Limits")[2], re.MULTILINE))
    assert table == {
        "depth": f"{DEFAULTS.graphql_max_depth}",
        "complexity": f"{DEFAULTS.graphql_max_complexity:,}",
        "values": f"{DEFAULTS.graphql_max_complexity * cost.VALUES_OF_AN_OBJECT:,}",
        "queries": f"{DEFAULTS.graphql_max_root_fields}",
        "aliases, directives": f"{DEFAULTS.graphql_max_aliases}, {DEFAULTS.graphql_max_directives}",
        "tokens": f"{DEFAULTS.graphql_max_tokens:,}",
        "fields of one name": f"{limits.MOST_OF_A_NAME}",
        "length": f"{documents.MAX_CHARACTERS:,}",
        "time": f"{DEFAULTS.graphql_timeout_seconds} s",
    }
    assert f"default {PAGE_SIZE}), lists in lists multiply; a list without one counts as {cost.LIST_SIZE}" in PAGE
    assert f"at most {routes.MAX_BODY_BYTES // 1024} KiB" in PAGE
    assert f"the last {documents.MAX_KEPT}" in PAGE


def test_the_schema_is_printed() -> None:
    printed = subprocess.run([sys.executable, "-m", "gateway.graphql"], capture_output=True, text=True, check=True)
    assert "type Trace {" in printed.stdout
