"""Backups of PostgreSQL: archives of pg_dump, made and put back by the server's own tools."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import URL, text

from controller.store.place import describe
from controller.store.upkeep import UpkeepError, reading

_OWN_NAME = "loadcell"  # of connections of controllers
_VERSION = re.compile(r"^COPY \S*alembic_version .*\n(?P<version>.+)\n", re.MULTILINE)
_EMPTIED = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"


def back_up(place: URL, file: Path) -> None:
    """Write an archive of a database, as of one moment.

    Raises:
        UpkeepError: The tool is missing or fails.
    """
    _run(place, "pg_dump", ["--format=custom", "--no-owner", "--no-acl", f"--file={file}"])


def version_of(file: Path) -> str:
    """Return the revision of an archive.

    Raises:
        UpkeepError: It cannot be read, or is of another database.
    """
    said = _run(None, "pg_restore", ["--data-only", "--table=alembic_version", "--file=-", str(file)])
    found = _VERSION.search(said)
    if found is None or found["version"] == r"\.":
        raise UpkeepError(f"{file} is no backup of a loadcell database")
    return found["version"]


def restore(file: Path, place: URL) -> None:
    """Put an archive into the place of everything in a database: all of it or, when something fails, nothing.

    Raises:
        UpkeepError: A controller works with the database, or a tool is missing or fails.
    """
    with reading(place) as connection:
        others = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = :name AND pid <> pg_backend_pid()"
        )
        if connection.execute(others, {"name": _OWN_NAME}).scalar_one():
            raise UpkeepError(f"database {describe(place)} is in use; stop the controllers first")
    with tempfile.TemporaryDirectory(prefix="loadcell-restore-") as folder:
        script = Path(folder) / "script.sql"
        _run(None, "pg_restore", ["--no-owner", "--no-acl", f"--file={script}", str(file)])
        whole = ["--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1"]
        _run(place, "psql", [*whole, f"--command={_EMPTIED}", f"--file={script}"])


def _run(place: URL | None, tool: str, arguments: Sequence[str]) -> str:
    """Run a tool of PostgreSQL; a password is told to it in its environment, where nobody else looks."""
    program = shutil.which(tool)
    if program is None:
        raise UpkeepError(
            f"{tool} is not installed here; it comes with PostgreSQL's client (apt install postgresql-client) and"
            " must not be older than the server"
        )
    target: list[str] = []
    environment = dict(os.environ)
    if place is not None:
        plain = place.set(drivername="postgresql")._replace(password=None)
        target = [f"--dbname={plain.render_as_string(hide_password=False)}"]
        if place.password:
            environment["PGPASSWORD"] = str(place.password)
    done = subprocess.run(  # noqa: S603 - one of three programs
        [program, *target, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        where = "" if place is None else f"database {describe(place)}: "
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise UpkeepError(f"{where}{tool}: {' '.join((lines or ['failed without a word'])[0].split())}")
    return done.stdout
