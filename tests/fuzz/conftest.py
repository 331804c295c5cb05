"""A controller on each engine, with requests of many runs, and a gateway before one: processes of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from controller.store.migrate import open_database
from controller.store.place import Place, parse_place
from tests.fuzz.services import Service
from tests.fuzz.tries import SECONDS, SEED
from tests.integration.store import random_traces

KEY = "the key that permits everything"


def pytest_report_header() -> str:
    return f"FUZZ_SEED={SEED}"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def controller(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    yield from _controller(request, tmp_path_factory, request.param)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"] if SECONDS else ["sqlite"])
def gateway(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    for controller in _controller(request, tmp_path_factory, request.param):
        service = Service(
            "gateway",
            tmp_path_factory.mktemp("gateway") / "log",
            LOADCELL_CONTROLLER=controller.started["address"],
            LOADCELL_HTTP="127.0.0.1:0",
            LOADCELL_EXPORTER="127.0.0.1:0",
            LOADCELL_API_KEY=KEY,
        )
        yield service
        assert service.stop() == 0
        assert service.complaints() == []


def _controller(request: pytest.FixtureRequest, folders: pytest.TempPathFactory, engine: str) -> Iterator[Service]:
    folder = folders.mktemp("controller")
    url = str(folder / "loadcell.db")
    if engine == "postgresql":
        url = request.getfixturevalue("_postgresql").prepared_url()
    asyncio.run(_fill(parse_place(url)))
    service = Service(
        "controller",
        folder / "log",
        LOADCELL_GRPC="127.0.0.1:0",
        LOADCELL_DATABASE_URL=url,
        LOADCELL_DATA_DIR=str(folder),
        LOADCELL_API_KEY=KEY,
        LOADCELL_JWT_SECRET="s" * 40,
        LOADCELL_RATE_LIMIT_ENABLED="false",
        LOADCELL_AUTH_FAILURES="0",
        LOADCELL_AGENT_WAIT_SECONDS="1",
        LOADCELL_CACHE_BYTES=str(8 * 1024 * 1024),
        LOADCELL_TRACE_RETENTION_DAYS="36500",
    )
    yield service
    assert service.stop() == 0
    assert service.complaints() == []


async def _fill(place: Place) -> None:
    database = await open_database(place)
    try:
        await database.write(random_traces.fill_ended)
    finally:
        await database.close()
