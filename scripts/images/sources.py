"""The files that Docker is given: those that .dockerignore leaves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath


class Sources:
    """A folder as Docker sees it: with the files that its .dockerignore leaves, and no others."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        lines = (folder / ".dockerignore").read_text(encoding="utf-8").splitlines()
        self._rules = [line.strip() for line in lines if line.strip() and not line.startswith("#")]

    def given(self, path: str) -> bool:
        """Tell whether a file is one of them, as the last rule says that speaks of it or of a folder it is in."""
        given = True
        for rule in self._rules:
            pattern = rule.removeprefix("!").removeprefix("/").rstrip("/")
            if _speaks_of(pattern, PurePosixPath(path)):
                given = rule.startswith("!")
        return given

    def files(self, name: str) -> Iterator[tuple[str, Path]]:
        """Yield the files of a file or folder, each with its place beneath it; "" for a file itself."""
        place = self._folder / name
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file() and self.given(path.relative_to(self._folder).as_posix()):
                yield ("" if path == place else path.relative_to(place).as_posix()), path

    def copy(self, name: str, to: Path) -> int:
        """Copy a file or the content of a folder as COPY does; return the number of files."""
        copied = 0
        for beneath, path in self.files(name):
            target = to / (beneath or path.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
            copied += 1
        return copied


def _speaks_of(pattern: str, path: PurePosixPath) -> bool:
    anywhere = pattern.startswith("**/")
    pattern = pattern.removeprefix("**/")
    for place in [path, *path.parents][:-1]:
        if anywhere and fnmatchcase(place.name, pattern):
            return True
        parts, wanted = place.parts, PurePosixPath(pattern).parts
        # A star stands for no slash.
        if len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted)):
            return True
    return False
