"""The file a result is saved to."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from loadcell.cli.failure import EXIT_RUN_FAILED, CommandError

_WRITE_BITS = 0o222


def check_writable(path: Path, flag: str = "--output") -> None:
    """Make sure that a file can be written, so that nothing is measured for nothing.

    Raises:
        CommandError: The folder does not exist or takes no files, or there is such a file and it is read-only.
    """
    folder = path.absolute().parent
    if not folder.is_dir():
        raise CommandError(f"{flag} {str(path)!r}: the folder {folder} does not exist")
    if path.exists():
        if not path.is_file():
            raise CommandError(f"{flag} {str(path)!r}: is there and is not a file")
        # The bits, too: a user who may write everything has not asked to replace what is protected.
        if not (os.access(path, os.W_OK) and path.stat().st_mode & _WRITE_BITS):
            raise CommandError(f"{flag} {str(path)!r}: the file is read-only")
    trial = _partial(path)
    try:
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise CommandError(f"{flag} {str(path)!r}: cannot be written: {error.strerror}") from None


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing so that nobody sees half of it: it takes its name when the block ends well.

    Raises:
        CommandError: The file cannot be written.
    """
    partial = _partial(path)
    try:
        with partial.open("wb") as file:
            yield file
        partial.replace(path)
    except OSError as error:
        raise CommandError(f"cannot write {path}: {error.strerror}", EXIT_RUN_FAILED) from error
    finally:
        partial.unlink(missing_ok=True)


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}")
