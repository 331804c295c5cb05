"""What a connection knows of contexts is what there is, however many of them it may remember."""

from __future__ import annotations

from random import Random

import pytest
from sqlalchemy import Connection, event, select

from controller.store.schema_queries import contexts
from controller.store.traces import context_fields as module
from controller.store.traces.context_fields import CONTEXT_FIELDS, context_fields
from tests.integration.store import random_traces


@pytest.fixture
async def database(open_one):
    database = await open_one()
    await database.write(lambda c: random_traces.fill(c, rows=1))
    return database


@pytest.mark.parametrize("most", [0, 1, 3, 10_000])
async def test_any_contexts_at_any_time(database, most, monkeypatch):
    monkeypatch.setattr(module, "MOST_KNOWN", most)

    def ask_often(connection: Connection) -> None:
        named = ("project_id", "provider", "model", "environment")
        rows = connection.execute(select(contexts)).mappings().all()
        stored = {row["context_key"]: {name: row[name] for name in named} for row in rows}
        assert len(stored) > 3
        choices = Random(5)
        for _ in range(30):
            keys = set(choices.sample([*stored, max(stored) + 1], choices.randrange(len(stored) + 2)))
            found = context_fields(connection, keys)
            assert found.keys() == keys & stored.keys()
            for key, fields in found.items():
                assert fields.keys() <= CONTEXT_FIELDS
                assert {name: fields[name] for name in named} == stored[key]

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
