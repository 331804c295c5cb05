"""What a connection knows of contexts is what there is, however many of them it may remember."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, event, select

from controller.store.contexts import Context, intern_context
from controller.store.schema_queries import contexts
from controller.store.traces import context_fields as module
from controller.store.traces.context_fields import CONTEXT_FIELDS, context_fields
from loadcell.errors import LoadcellError
from tests.integration.store import random_traces

LARGEST = 3  # contexts that are asked for together
CONTEXT = Context("p", "openai", "m", "production", None, None, None, "chat", ())


@pytest.fixture
async def database(open_one):
    database = await open_one()
    await database.write(lambda c: random_traces.fill(c, rows=1))
    return database


def expected(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a context that have a value."""
    same = ("project_id", "provider", "model", "environment", "service_name", "user_id", "session_id")
    spans = {"chat": "llm.chat.completion", "completion": "llm.completion"}
    operation = row["operation_type"]
    fields = {name: row[name] for name in (*same, "operation_type")}
    fields |= {"span_name": spans.get(operation, f"llm.{operation}"), "tags": json.loads(row["tags"])}
    assert fields.keys() == CONTEXT_FIELDS
    return {name: value for name, value in fields.items() if value}


@pytest.mark.parametrize("most", [0, 1, 3, 10_000])
async def test_any_contexts_at_any_time(database, most, monkeypatch):
    monkeypatch.setattr(module, "MOST_KNOWN", most)

    def ask_often(connection: Connection) -> None:
        rows = connection.execute(select(contexts)).mappings().all()
        stored = {row["context_key"]: expected(row) for row in rows}
        assert len(stored) > LARGEST
        choices = Random(5)
        for _ in range(30):
            keys = set(choices.sample([*stored, max(stored) + 1], choices.randrange(LARGEST + 1)))
            found = context_fields(connection, keys)
            assert found.keys() == keys & stored.keys()
            for key, fields in found.items():
                assert fields == stored[key]
            assert len(connection.info[module.KNOWN]) <= max(most, LARGEST)

    await database.read(ask_often)


async def test_known_contexts_are_not_read_again(database):
    def ask_twice(connection: Connection) -> list[str]:
        keys = connection.execute(select(contexts.c.context_key)).scalars().all()
        connection.info.pop(module.KNOWN, None)
        statements: list[str] = []
        event.listen(connection, "before_cursor_execute", lambda *told: statements.append(told[2]))
        assert context_fields(connection, keys[:-1]) | context_fields(connection, keys[-1:]) == context_fields(
            connection, keys
        )
        return statements

    assert len(await database.read(ask_twice)) == 2


async def test_contexts_that_may_be_rolled_back_are_not_remembered(database):
    def begin(connection: Connection, project: str) -> tuple[int, str]:
        key = intern_context(connection, replace(CONTEXT, project_id=project))
        return key, context_fields(connection, [key])[key]["project_id"]

    def fail(connection: Connection) -> None:
        given.append(begin(connection, "mine"))
        raise LoadcellError("RUN_NOT_FOUND", "rolled back")

    given: list[tuple[int, str]] = []
    with pytest.raises(LoadcellError):
        await database.write(fail)
    key, project = await database.write(lambda c: begin(c, "of others"))
    assert given[0][1] == "mine"
    assert project == "of others"
    # SQLite gives the key again, PostgreSQL does not.
    assert (key == given[0][0]) is not database.tells
