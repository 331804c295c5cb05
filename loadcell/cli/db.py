"""`loadcell db`: upkeep of the database, beside the controller."""

from pathlib import Path
from typing import Annotated

import typer

from loadcell.cli.runs import JsonFlag
from loadcell.cli.service_module import run_module

db_app = typer.Typer(help="Upgrade, check, back up and restore the database.")

DatabaseFlag = Annotated[
    str | None,
    typer.Option(
        "--db", metavar="URL", help="Path of an SQLite file or postgresql://... Default: LOADCELL_DATABASE_URL."
    ),
]


@db_app.command("upgrade")
def upgrade(*, as_json: JsonFlag = False, db: DatabaseFlag = None) -> int:
    """Bring the tables to this version, as a controller does at its start, or make them.

    Several at once do it one after another. A database of a newer version is refused and left as it is.
    """
    return _run(["upgrade"], db, as_json=as_json)


@db_app.command("check")
def check(*, as_json: JsonFlag = False, db: DatabaseFlag = None) -> int:
    """Say of what version the tables are, whether the database is whole, and how many rows each table has.

    Reads all there is and changes nothing. Exit code 1 when something is wrong or an upgrade is due.
    """
    return _run(["check"], db, as_json=as_json)


@db_app.command("backup")
def backup(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; must not be there yet.")],
    as_json: JsonFlag = False,
    db: DatabaseFlag = None,
) -> int:
    """Copy the whole database to a file, as of one moment, while controllers work with it.

    A file of SQLite from SQLite; from PostgreSQL a ZIP file with the rows of each table. It holds prompts and
    sealed keys: only you may read it.
    """
    return _run(["backup", str(file)], db, as_json=as_json)


@db_app.command("restore")
def restore(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `loadcell db backup` has written.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a database that is not empty.")] = False,
    as_json: JsonFlag = False,
    db: DatabaseFlag = None,
) -> int:
    """Put a backup into the place of a database of the same engine, whole or not at all.

    No controller may work with the database meanwhile. A backup of an older version is upgraded by the next
    controller; one of a newer version is refused.
    """
    return _run(["restore", str(file), *(["--force"] if force else [])], db, as_json=as_json)


def _run(arguments: list[str], db: str | None, *, as_json: bool) -> int:
    settings = {"LOADCELL_DATABASE_URL": db, "LOADCELL_DATABASE_URL_FILE": ""} if db else {}
    code, said = run_module("controller.upkeep", [*(["--json"] if as_json else []), *arguments], settings)
    print(said, end="")
    return code
