"""Where loadcell keeps its files."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from loadcell.settings import SettingsError

_PRIVATE, _PRIVATE_FILE = 0o700, 0o600


def data_dir(wanted: Path | None, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the data directory: the wanted one, else that of the user (XDG Base Directory Specification).

    Raises:
        SettingsError: None is wanted and the user has no home directory.
    """
    if wanted is not None:
        return wanted
    base = Path(environ.get("XDG_DATA_HOME", ""))
    if not base.is_absolute():  # the specification says to ignore such a value
        try:
            base = Path.home() / ".local" / "share"
        except RuntimeError as error:
            raise SettingsError("LOADCELL_DATA_DIR must be set: this user has no home directory") from error
    return base / "loadcell"


def make_private(directory: Path) -> None:
    """Make a directory that only this user may enter, and those it lies in; one that is there is left as it is.

    Prompts and results may be in it.

    Raises:
        OSError: It cannot be made.
    """
    try:
        directory.mkdir(mode=_PRIVATE, exist_ok=True)
    except FileNotFoundError:
        make_private(directory.parent)
        directory.mkdir(mode=_PRIVATE, exist_ok=True)


def make_private_file(file: Path) -> None:
    """Make an empty file that only this user may read and write; one that is there is left as it is.

    Raises:
        OSError: It cannot be made.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE_FILE))


def default_database(directory: Path) -> Path:
    """Return the file of the database in a data directory."""
    return directory / "loadcell.db"
