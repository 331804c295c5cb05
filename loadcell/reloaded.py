"""What is made of files, made again when they change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import structlog

from loadcell.settings import SettingsError

log = structlog.get_logger()

T = TypeVar("T")


class Reloaded(Generic[T]):
    """Keeps the last value that could be made. Several threads may look.

    Args:
        files: What the value is made of.
        load: Makes it; raises SettingsError while the files cannot be used.

    Raises:
        SettingsError: The files cannot be used at the start.
    """

    def __init__(self, files: Sequence[Path], load: Callable[[], T]) -> None:
        self._files, self._load = files, load
        self._lock = threading.Lock()
        self._seen = self._look()
        self.value = load()

    def renew(self) -> bool:
        """Make the value again if a file has changed; return whether there is a new one.

        Files that cannot be used, as when they are being written, are logged and looked at again once they
        change.
        """
        with self._lock:
            seen = self._look()
            if seen == self._seen:
                return False
            self._seen = seen  # of before the files are read: a change meanwhile is seen next time
            try:
                self.value = self._load()
            except SettingsError as error:
                log.warning("files_refused", error=str(error), consequence="the earlier ones stay in use")
                return False
            return True

    def _look(self) -> list[tuple[int, int, int] | None]:
        return [_state(file) for file in self._files]


def _state(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
