"""Nothing is asserted about the speed of the machine, so no example of a property has a deadline.

Every run tries the same examples.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from controller.store.place import Place, parse_place
from tests.postgresql_server import FreshDatabases, PostgresqlServer

settings.register_profile("loadcell", deadline=None, derandomize=True)
settings.load_profile("loadcell")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """A server that a test may stop and start."""
    server = PostgresqlServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def _postgresql(request: pytest.FixtureRequest) -> Iterator[FreshDatabases | PostgresqlServer]:
    given = os.environ.get("TEST_DATABASE_URL")
    if not given:
        yield request.getfixturevalue("postgresql_server")
        return
    databases = FreshDatabases(given)
    yield databases
    databases.close()


@pytest.fixture
def postgresql_url(_postgresql: FreshDatabases | PostgresqlServer) -> str:
    """The URL of an empty PostgreSQL database, on the server of TEST_DATABASE_URL if that is set."""
    return _postgresql.url()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty database of either engine."""
    if request.param == "sqlite":
        return tmp_path / "loadcell.db"
    return parse_place(request.getfixturevalue("postgresql_url"))
