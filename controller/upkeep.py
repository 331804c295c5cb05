"""`python -m controller.upkeep`: what `loadcell db` does, with the database of the environment."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

import loadcell.quiet_grpc  # noqa: F401 - before anything imports gRPC
from controller.checks import database_of
from controller.settings import ControllerSettings
from controller.store import upkeep
from controller.store.backup import back_up, restore
from controller.store.place import Place, describe
from controller.store.upkeep import Examined, UpkeepError
from loadcell import logs
from loadcell.config.clock import check_clock
from loadcell.settings import SettingsError, load

NOT_WELL, USAGE = 1, 2


def main(arguments: Sequence[str]) -> int:
    """Do one thing; return the exit status: 0, 1 when a database is not well, 2 when nothing was done."""
    asked = _parser().parse_args(arguments)
    logs.configure("loadcell db", "error")
    try:
        check_clock()  # days of tables are made by it, and times of files
        _, place = database_of(load(ControllerSettings, os.environ))
        return int(asked.do(place, asked))
    except (SettingsError, UpkeepError) as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - the one line for the user
        return USAGE


def _upgrade(place: Place, asked: argparse.Namespace) -> int:
    before, now = upkeep.upgrade(place)
    document = {"database": now.place, "before": before.version, "version": now.version}
    if before.version == now.version:
        return _say(asked, document, f"{now.place}: revision {now.version}, was up to date")
    from_ = f"revision {before.version}" if before.version else "nothing"
    return _say(asked, document, f"{now.place}: brought from {from_} to revision {now.version}")


def _check(place: Place, asked: argparse.Namespace) -> int:
    found = upkeep.examine(place)
    well = not found.problems and not found.found.pending and not found.found.newer and bool(found.found.version)
    version = dataclasses.asdict(found.found)
    document = {
        "database": version.pop("place"),
        **version,
        "problems": found.problems,
        "rows": found.rows,
        "ok": well,
    }
    _say(asked, document, "\n".join(_lines(found)))
    return 0 if well else NOT_WELL


def _lines(found: Examined) -> list[str]:
    width = max(map(len, found.rows), default=0)
    rows = [f"  {name:<{width}}  {count:>12,} rows" for name, count in found.rows.items()]
    problems = [f"problem: {problem}" for problem in found.problems] or ["integrity: ok"]
    return [found.found.verdict, *problems, *rows]


def _backup(place: Place, asked: argparse.Namespace) -> int:
    back_up(place, asked.file)
    document = {"database": describe(place), "file": str(asked.file), "bytes": asked.file.stat().st_size}
    return _say(asked, document, f"{describe(place)}: backed up to {asked.file}, {document['bytes']:,} bytes")


def _restore(place: Place, asked: argparse.Namespace) -> int:
    version = restore(asked.file, place, force=asked.force)
    document = {"database": describe(place), "file": str(asked.file), "version": version}
    return _say(asked, document, f"{describe(place)}: restored from {asked.file}, revision {version}")


def _say(asked: argparse.Namespace, document: dict[str, Any], text: str) -> int:
    if asked.json:
        options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        sys.stdout.write(orjson.dumps(document, option=options).decode())
    else:
        print(text)  # noqa: T201 - the answer
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m controller.upkeep")
    parser.add_argument("--json", action="store_true")
    commands = parser.add_subparsers(required=True)
    for name, do in (("upgrade", _upgrade), ("check", _check), ("backup", _backup), ("restore", _restore)):
        command = commands.add_parser(name)
        command.set_defaults(do=do)
        if do in (_backup, _restore):
            command.add_argument("file", type=Path)
        if do is _restore:
            command.add_argument("--force", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
