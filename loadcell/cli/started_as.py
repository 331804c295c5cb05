"""How the user can start this command again."""

import os
import shlex
import shutil
import sys

from loadcell.cli.settings import without_password


def command_line(*arguments: str) -> str:
    """Return a line for the shell: "loadcell ..." when the PATH leads to us, else the path we were started by."""
    return shlex.join([*_program(), *arguments])


def with_place(controller: str | None, database: str | None) -> list[str]:
    """Return the flags that lead another command to the same controller or database."""
    flags = ["--controller", controller] if controller is not None else []
    return flags + (["--db", without_password(database)] if database is not None else [])


def _program() -> list[str]:
    started = sys.argv[0]
    if os.path.basename(started) == "__main__.py":  # noqa: PTH119 (python -m)
        return [sys.executable, "-m", "loadcell.cli"]
    found = shutil.which("loadcell")
    return ["loadcell"] if found and os.path.exists(started) and os.path.samefile(found, started) else [started]  # noqa: PTH110, PTH121
