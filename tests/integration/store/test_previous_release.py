"""Controllers of the previous release go on with the tables of this one, until they are replaced as well.

So a new column has a default or may be NULL, no column and no unique key goes away before nobody uses it, and an
index that is asked for by its name stays.
"""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.integration.store.previous_release import RECORD

PREVIOUS = json.loads(RECORD.read_text())
VALUES = {"integer": 1, "number": 1.5, "text": "x", "bytes": b"x", "boolean": True}


def carry_out(connection) -> None:
    """Do to every table what code does that knows the columns of the previous release alone."""
    for name, table in PREVIOUS["tables"].items():
        kinds = dict(column.split(":") for column in table["columns"].split())
        columns, values = list(kinds), {column: VALUES[kind] for column, kind in kinds.items()}
        places = ", ".join(f":{column}" for column in columns)
        insert = f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({places})"
        connection.execute(text(insert), values)
        for key in table["keys"]:
            connection.execute(text(f"{insert} ON CONFLICT ({key}) DO NOTHING"), values)
        row = connection.execute(text(f"SELECT {', '.join(columns)} FROM {name}")).mappings().all()[-1]
        assert {column: row[column] for column in columns} == values, name
        connection.execute(text(f"UPDATE {name} SET {', '.join(f'{c} = :{c}' for c in columns)}"), values)
    for statement in PREVIOUS["statements"][connection.dialect.name]:
        connection.execute(text(statement))
    for name in reversed(PREVIOUS["tables"]):
        connection.execute(text(f"DELETE FROM {name}"))


async def test_code_of_the_previous_release_goes_on(open_one):
    database = await open_one()
    await database.write(lambda c: c.execute(text("DELETE FROM model_pricing")))
    await database.write(carry_out)


async def test_a_column_that_is_gone_is_noticed(open_one):
    database = await open_one()

    def without_a_column(connection) -> None:
        connection.execute(text("DELETE FROM model_pricing"))
        carry_out(connection)
        connection.execute(text("ALTER TABLE benchmark_runs DROP COLUMN error"))
        with pytest.raises(DBAPIError, match="error"):
            carry_out(connection)
        raise ZeroDivisionError  # nothing of this is to stay

    with pytest.raises(ZeroDivisionError):
        await database.write(without_a_column)
