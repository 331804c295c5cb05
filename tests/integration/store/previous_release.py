"""What the code of the previous release does with the tables, for the test that it goes on under new ones.

At a release: `python -m tests.integration.store.previous_release` records the tables as they are then.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Boolean, Float, Integer, LargeBinary, Table, UniqueConstraint

from controller.store import schema_queries, schema_texts  # noqa: F401 - their tables are in the metadata, too
from controller.store.migrate import HEAD
from controller.store.schema import metadata
from controller.store.traces.walking import BY_CONTEXT, BY_STATUS, BY_TS

RECORD = Path(__file__).with_name("previous_release.json")
_KINDS = {Boolean: "boolean", BigInteger: "integer", Integer: "integer", Float: "number", LargeBinary: "bytes"}
# Those that name no column, or no index of the metadata.
STATEMENTS = {
    "sqlite": [
        "INSERT INTO trace_word_texts VALUES (1, 1, 1, 1, 1, 1)",
        "INSERT INTO trace_words (rowid, terms) VALUES (1, 'ia ob')",
        "INSERT INTO trace_words (trace_words, rowid, terms) VALUES ('delete', 1, 'ia ob')",
        f"SELECT 1 FROM traces INDEXED BY {BY_TS} WHERE ts > 0",
        f"SELECT 1 FROM traces INDEXED BY {BY_CONTEXT} WHERE context_key = 1",
        f"SELECT 1 FROM traces INDEXED BY {BY_STATUS['ERROR']} WHERE status = 2",
        f"SELECT 1 FROM traces INDEXED BY {BY_STATUS['UNSET']} WHERE status > 2",
    ],
    "postgresql": ["INSERT INTO trace_words SELECT 1, 1, 1, 1, 1, 1, CAST('ia ob' AS tsvector)"],
}


def record() -> dict[str, Any]:
    """Return the tables in an order in which they can be filled, with their columns and unique keys, as texts."""
    return {
        "revision": HEAD,
        "tables": {
            table.name: {
                "columns": " ".join(f"{column.name}:{_kind(column.type)}" for column in table.c),
                "keys": _keys(table),
            }
            for table in metadata.sorted_tables
        },
        "statements": STATEMENTS,
    }


def _kind(type_: Any) -> str:
    return next((kind for known, kind in _KINDS.items() if isinstance(type_, known)), "text")


def _keys(table: Table) -> list[str]:
    unique = [one.columns for one in table.constraints if isinstance(one, UniqueConstraint)]
    unique += [index.columns for index in table.indexes if index.unique]
    keys = (", ".join(column.name for column in columns) for columns in (table.primary_key.columns, *unique))
    return sorted(filter(None, keys))


if __name__ == "__main__":
    RECORD.write_text(json.dumps(record(), indent=1) + "\n")
