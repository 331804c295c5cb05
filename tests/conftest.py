"""Nothing is asserted about the speed of the machine, so no example of a property has a deadline.

Every run tries the same examples.
"""

import tests.counted_lines  # noqa: F401 - before everything that is counted

# isort: split
import gc
import os
import shutil
import signal
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from controller.store.migrate import prepare
from controller.store.place import Place, parse_place
from controller.store.sqlite import sqlite_engine
from tests.command_server import CommandServer
from tests.left_open import OpenTransports, collected
from tests.postgresql_server import FreshDatabases, PostgresqlServer

settings.register_profile("loadcell", deadline=None, derandomize=True)
settings.load_profile("loadcell")

# As the processes log; by default every value of every frame of a traceback is drawn, which takes seconds.
structlog.configure(processors=[structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)])

_transports = OpenTransports()

KEPT_CHARACTERS = 4000
LOG_COLUMNS = 240


def pytest_configure(config: pytest.Config) -> None:
    """Have the processes that tests start begin as those of a user at a terminal do."""
    _look_elsewhere_first(config)
    # Who is started in the background, as by nohup, ignores these, and so do the children, which then never end.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    # Where this is set, each of some thousand processes would compile all our modules for itself.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def _look_elsewhere_first(config: pytest.Config) -> None:
    """Have each worker look for tests somewhere else first: modules that one has compiled the others only read."""
    worker = getattr(config, "workerinput", None)
    if worker is None or config.args != config.getini("testpaths"):
        return
    apart = [config.rootpath / name for name in config.getoption("ignore") or ()]  # which naming would bring back
    every = sorted((config.rootpath / "tests").rglob("test_*.py"))
    modules = [path for path in every if not any(path.is_relative_to(one) for one in apart)]
    folders = [str(module.parent) for module in modules]
    first = int(worker["workerid"].removeprefix("gw")) * len(modules) // worker["workercount"]
    config.args = list(dict.fromkeys([*folders[first:], *folders[:first]]))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests into the order of their files, wherever they were looked for first."""
    items.sort(key=lambda item: item.path.parts)


def pytest_collection_finish() -> None:
    """Spare the collector what is here already; it is most of all there will be."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
    """Fail who leaves something open, the test or at least its module, and not whoever comes after it."""
    yield
    left = _transports.left_open()
    if nextitem is None or nextitem.path != item.path:
        left += collected()
    if left:
        pytest.fail("left open: " + "; ".join(left))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep the end of what a test wrote: a log of many failures must still show which they are, and why."""
    report = yield
    report.sections = [
        (title, text if len(text) <= KEPT_CHARACTERS else f"[...]{text[-KEPT_CHARACTERS:]}")
        for title, text in report.sections
    ]
    return report


def pytest_terminal_summary(config: pytest.Config) -> None:
    """Give a failed test and its reason one line of a log, too, which is cut at 80 columns without a terminal."""
    if not sys.stdout.isatty():
        config.get_terminal_writer().fullwidth = LOG_COLUMNS


@pytest.fixture(scope="session")
def command_server() -> Iterator[CommandServer]:
    """Carries out commands that begin with everything imported."""
    server = CommandServer()
    yield server
    server.close()


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


@pytest.fixture(scope="session")
def _prepared_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("prepared") / "loadcell.db"
    engine = sqlite_engine(path, writes=True, connections=1)
    with engine.begin() as connection:
        prepare(connection)
    engine.dispose()
    return path


@pytest.fixture
def database_file(_prepared_file: Path, tmp_path: Path) -> Path:
    """An SQLite database with all tables: a copy of one, which takes a fifth of the time."""
    return Path(shutil.copy(_prepared_file, tmp_path / "loadcell.db"))


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> Place:
    """A database of either engine without rows, which has its tables when it is first opened at the latest."""
    if request.param == "sqlite":
        return request.getfixturevalue("database_file")
    return parse_place(request.getfixturevalue("_postgresql").prepared_url())
