"""`python -m controller.upkeep`, which `loadcell db` runs: both engines, with data."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import re
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from controller import upkeep
from controller.store import backup_sqlite
from controller.store.backup import back_up, restore
from controller.store.migrate import HEAD, open_database
from controller.store.place import Place
from tests.patience import PATIENCE_SECONDS


@pytest.fixture
def url(place: Place) -> str:
    return str(place) if isinstance(place, Path) else place.render_as_string(hide_password=False)


@pytest.fixture
def db(url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable:
    """Do one thing with a database, this one if nothing is said; return the exit status and what was said."""

    def run(*arguments: object, database: str = url) -> tuple[int, str]:
        monkeypatch.setenv("LOADCELL_DATABASE_URL", database)
        capsys.readouterr()
        status = upkeep.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "sesame" not in out + err  # the password
        assert len(err.splitlines()) <= 1
        return status, out + err

    return run


@pytest.fixture
def execute(place: Place) -> Callable:
    """Carry out a statement as nobody's controller; return what it gives."""

    def one(statement: str) -> object:
        engine = create_engine(f"sqlite:///{place}" if isinstance(place, Path) else place)
        with engine.begin() as connection:
            result = connection.execute(text(statement))
            found = result.scalar() if result.returns_rows else None
        engine.dispose()
        return found

    return one


def test_upgrade_makes_what_is_missing_once(place, db, execute):
    if isinstance(place, Path):
        place.unlink()
        assert "there is no such file" in db("check")[1]
    assert db("upgrade")[0] == 0
    status, said = db("--json", "upgrade")
    assert (status, json.loads(said)["before"], json.loads(said)["version"]) == (0, HEAD, HEAD)


def test_check_tells_the_version_the_rows_and_what_is_due(db, execute):
    status, said = db("--json", "check")
    found = json.loads(said)
    assert (status, found["ok"], found["version"], found["problems"]) == (0, True, HEAD, [])
    assert found["rows"]["model_pricing"] > 0
    execute("UPDATE alembic_version SET version_num = '0016'")
    status, said = db("check")
    assert (status, "`loadcell db upgrade`" in said) == (1, True)
    execute("UPDATE alembic_version SET version_num = '9999'")
    for command in ("check", "upgrade"):
        status, said = db(command)
        assert status in (1, 2)
        assert f"newer version of loadcell (revision 9999, ours is {HEAD}); install that version" in said


def test_a_backup_of_a_database_in_use_is_restored_whole(place, db, execute, tmp_path):
    execute("UPDATE model_pricing SET model = 'mine' WHERE model = (SELECT min(model) FROM model_pricing)")
    prices = execute("SELECT count(*) FROM model_pricing")
    file = tmp_path / "backup"

    async def while_in_use() -> None:
        database = await open_database(place)
        assert db("backup", file)[0] == 0
        status, said = db("restore", "--force", file)
        assert (status, "is in use; stop the controller" in said) == (2, True)
        await database.close()

    asyncio.run(while_in_use())
    assert file.stat().st_mode & 0o777 == 0o600
    assert db("backup", file) == (2, f"error: {file} is there already; name another file\n")
    execute("DELETE FROM model_pricing")
    execute("CREATE TABLE left_over (id INTEGER)")
    status, said = db("restore", file)
    assert (status, "--force" in said) == (2, True)
    assert execute("SELECT count(*) FROM model_pricing") == 0
    assert db("restore", "--force", file)[0] == 0
    assert execute("SELECT count(*) FROM model_pricing") == prices
    assert execute("SELECT count(*) FROM model_pricing WHERE model = 'mine'") >= 1
    status, said = db("--json", "check")
    assert (status, json.loads(said)["problems"]) == (0, [])
    assert [name for name in tmp_path.iterdir() if name.name.endswith(".part")] == []


def test_what_a_killed_backup_has_left_is_in_nobodys_way(db, tmp_path):
    file, part = tmp_path / "backup", tmp_path / ".backup.part"
    part.write_bytes(b"half of one")
    (tmp_path / ".backup.part-journal").write_bytes(b"of another")
    assert db("backup", file)[0] == 0
    assert db("restore", "--force", file)[0] == 0
    assert [found.name for found in tmp_path.iterdir() if ".part" in found.name] == []


def test_a_backup_that_somebody_writes_is_left_to_them(db, tmp_path):
    part = tmp_path / ".backup.part"
    with part.open("wb") as theirs:
        fcntl.flock(theirs, fcntl.LOCK_EX)
        theirs.write(b"half of one")
        theirs.flush()
        assert db("backup", tmp_path / "backup") == (
            2,
            f"error: {part}: somebody else is writing it; wait until that has ended\n",
        )
        assert part.read_bytes() == b"half of one"
    assert db("backup", tmp_path / "backup")[0] == 0


def test_backups_of_newer_versions_are_refused_and_nothing_is_changed(db, execute, tmp_path):
    before = execute("SELECT count(*) FROM model_pricing")
    execute("UPDATE alembic_version SET version_num = '9999'")
    file = tmp_path / "backup"
    assert db("backup", file)[0] == 0
    execute(f"UPDATE alembic_version SET version_num = '{HEAD}'")
    status, said = db("restore", "--force", file)
    assert (status, "was written by a newer version of loadcell (revision 9999" in said) == (2, True)
    assert execute("SELECT count(*) FROM model_pricing") == before


def test_what_is_no_backup_is_refused(db, tmp_path, place):
    for name, content in (("empty", b""), ("text", b"hello"), ("torn", b"PK\3\4\1\2\3")):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "none").unlink(missing_ok=True)
    for name in ("empty", "text", "torn", "none"):
        status, said = db("restore", "--force", tmp_path / name)
        assert (status, len(said.splitlines())) == (2, 1), said
    with closing(sqlite3.connect(tmp_path / "other")) as other:
        other.execute("CREATE TABLE one (id)")
    status, said = db("restore", "--force", tmp_path / "other")
    assert status == 2
    assert (
        "is no database of loadcell" if isinstance(place, Path) else "cannot be restored to PostgreSQL"
    ) in said


def test_a_backup_of_sqlite_makes_a_database_where_there_is_none(database_file, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("LOADCELL_DATABASE_URL", str(database_file))
    assert upkeep.main(["backup", str(tmp_path / "backup")]) == 0
    new = tmp_path / "a" / "b" / "loadcell.db"
    new.parent.mkdir(parents=True)
    new.with_name("loadcell.db-wal").write_bytes(b"of another database")
    monkeypatch.setenv("LOADCELL_DATABASE_URL", str(new))
    assert upkeep.main(["restore", str(tmp_path / "backup")]) == 0
    assert [file.name for file in new.parent.iterdir()] == ["loadcell.db"]
    elsewhere = tmp_path / "not" / "yet" / "loadcell.db"
    monkeypatch.setenv("LOADCELL_DATABASE_URL", str(elsewhere))
    assert upkeep.main(["restore", str(tmp_path / "backup")]) == 0
    assert elsewhere.parent.stat().st_mode & 0o777 == 0o700
    assert upkeep.main(["check"]) == 0


def test_a_backup_comes_to_an_end_while_others_write_all_the_time(database_file: Path, tmp_path: Path):
    done = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(database_file, timeout=PATIENCE_SECONDS)) as busy:
            while not done.wait(0.005):
                with busy:
                    busy.execute("INSERT INTO filling VALUES (1)")

    with closing(sqlite3.connect(database_file)) as connection, connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE filling (x)")
        connection.execute("INSERT INTO filling VALUES (zeroblob(50000000))")
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        try:
            backup_sqlite.copy(database_file, tmp_path / "copy")
        finally:
            done.set()
        writing.result()
    assert backup_sqlite.version_of(tmp_path / "copy") == HEAD


def test_a_disk_that_is_full_is_that_of_the_copy(database_file: Path, monkeypatch, tmp_path, capsys):
    class Full(sqlite3.Connection):
        def backup(self, *_arguments: object, **_options: object) -> None:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error

    monkeypatch.setenv("LOADCELL_DATABASE_URL", str(database_file))
    monkeypatch.setattr(backup_sqlite, "_read_only", lambda file: sqlite3.connect(file, factory=Full))
    assert upkeep.main(["backup", str(tmp_path / "copy")]) == 2
    assert capsys.readouterr().err == f"error: {tmp_path / 'copy'}: No space left on device\n"
    assert not [one for one in tmp_path.iterdir() if "copy" in one.name]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_restores_belongs_to_whose_folder_it_is(database_file: Path, tmp_path: Path):
    back_up(database_file, tmp_path / "backup")
    folder = tmp_path / "data"
    folder.mkdir()
    os.chown(folder, 1234, 1235)
    restore(tmp_path / "backup", folder / "loadcell.db", force=False)
    found = (folder / "loadcell.db").stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (1234, 1235, 0o600)


def test_damage_is_found_and_neither_backed_up_nor_restored(database_file: Path, monkeypatch, tmp_path, capsys):
    whole = tmp_path / "whole"
    monkeypatch.setenv("LOADCELL_DATABASE_URL", str(database_file))
    assert upkeep.main(["backup", str(whole)]) == 0
    for file in (database_file, whole):
        content = bytearray(file.read_bytes())
        content[3 * 4096 : 40 * 4096] = os.urandom(37 * 4096)
        file.write_bytes(content)
    capsys.readouterr()
    assert upkeep.main(["check"]) == 1
    assert upkeep.main(["backup", str(tmp_path / "again")]) == 2
    assert upkeep.main(["restore", "--force", str(whole)]) == 2
    assert not (tmp_path / "again").exists()
    assert "Traceback" not in "".join(capsys.readouterr())


@pytest.mark.parametrize("page", [1, 2, 20])
def test_what_is_damaged_is_told_with_the_remedy(database_file: Path, monkeypatch, capsys, page: int):
    content = bytearray(database_file.read_bytes())
    begin = page * 4096 - 4096 + (100 if page == 1 else 0)  # the head of the file stays: it is a database
    content[begin : page * 4096] = b"\xa5" * (page * 4096 - begin)
    database_file.write_bytes(content)
    monkeypatch.setenv("LOADCELL_DATABASE_URL", str(database_file))
    assert upkeep.main(["check"]) == 1
    said = capsys.readouterr().out
    assert "problem: " in said
    assert "`loadcell db restore FILE --force`" in said
    if page > 1:
        assert re.search(rf"quick_check: (Page {page}\b|table \w+: )", said)
    assert "there is nothing yet" not in said


def test_files_that_cannot_be_used_are_told_with_what_to_do(database_file: Path, monkeypatch, tmp_path, capsys):
    def said(database: Path, command: str) -> str:
        monkeypatch.setenv("LOADCELL_DATABASE_URL", str(database))
        assert upkeep.main([command]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        return line

    for command in ("check", "upgrade"):
        assert said(tmp_path, command).endswith("is a directory; name a file in it")
    (tmp_path / "text").write_text("hello, this is no database" * 100)
    assert "file is not a database; name the file of a database of loadcell" in said(tmp_path / "text", "check")
    # Tests may run as root, whom the system lets read and write everywhere.
    for mode, command, why in ((os.R_OK, "check", "read"), (os.W_OK, "upgrade", "written")):
        monkeypatch.setattr(os, "access", lambda _, asked, refused=mode: asked != refused)
        assert f"cannot be {why} by this user; do it as the user that the controller runs as" in said(
            database_file, command
        )


def test_a_new_database_is_for_its_user_alone_and_an_upgrade_leaves_nothing_beside_it(
    monkeypatch, tmp_path, capsys
):
    file = tmp_path / "loadcell.db"
    monkeypatch.setenv("LOADCELL_DATABASE_URL", str(file))
    for _ in range(2):
        assert upkeep.main(["upgrade"]) == 0
        assert [one.name for one in tmp_path.iterdir()] == ["loadcell.db"]
    assert file.stat().st_mode & 0o777 == 0o600

    async def modes() -> set[int]:
        database = await open_database(file)
        found = {one.stat().st_mode & 0o777 for one in tmp_path.iterdir()}
        await database.close()
        return found

    assert asyncio.run(modes()) == {0o600}


def test_a_clock_that_cannot_be_right_is_told_before_anything_is_made(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(time, "time", lambda: 86_400.0)
    monkeypatch.setenv("LOADCELL_DATABASE_URL", str(tmp_path / "loadcell.db"))
    assert upkeep.main(["upgrade"]) == 2
    assert "the clock of this machine says 1970-01-02" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there_is_told_in_one_line(db):
    status, said = db("check", database="postgresql://u:sesame@127.0.0.1:1/d")
    assert (status, len(said.splitlines())) == (2, 1)
    assert said.startswith("error: database postgresql://127.0.0.1:1/d: ")
