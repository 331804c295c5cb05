"""PostgreSQL keeps the memory that questions need, instead of giving it back after each statement."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from controller.store.migrate import open_database
from controller.store.place import parse_place

SORTED = "SELECT count(*) FROM (SELECT x::text FROM generate_series(1, 20000) AS x ORDER BY md5(x::text)) AS s"
STATEMENTS = 10
FEW = 50  # page faults of a statement; hundreds where memory is given back


def faults(server_process: int) -> int:
    """Return how often a process has waited for a page of memory that was not on a disk."""
    after_name = Path(f"/proc/{server_process}/stat").read_text().rpartition(")")[2]
    return int(after_name.split()[7])


def of_statements(connection: Connection) -> float:
    """Return the page faults of a statement, once it has been carried out a few times."""
    process: int = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    for _ in range(3):
        connection.execute(text(SORTED))
    before = faults(process)
    for _ in range(STATEMENTS):
        connection.execute(text(SORTED))
    return (faults(process) - before) / STATEMENTS


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told so")
async def test_memory_of_a_statement_is_kept_for_the_next(postgresql_url):
    database = await open_database(parse_place(postgresql_url))
    try:
        assert await database.read(of_statements) < FEW
    finally:
        await database.close()
