"""Where loadcell keeps its files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from loadcell.settings import SettingsError

_PRIVATE = 0o700


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


def default_database(directory: Path) -> Path:
    """Return the file of the database in a data directory."""
    return directory / "loadcell.db"
