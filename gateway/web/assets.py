"""What the dashboard is made of: files of this folder, below an address that their content gives."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Final

FOLDERS: Final = ("app", "styles")
ENTRY: Final = "app/main.js"
_MEDIA_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
_VERSION_CHARACTERS: Final = 16
# Modules that the first one needs before it can begin. What is loaded later is imported as a function.
_IMPORT: Final = re.compile(r'^(?:import|export)\s[^"]*?"(\.[^"]+)";', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent."""

    content: bytes
    media_type: str
    tag: str


@dataclass(frozen=True, slots=True)
class Assets:
    """All files by their paths, and the word for exactly these files: another content is another address."""

    version: str
    files: Mapping[str, Asset]

    def initial_modules(self) -> list[str]:
        """Return the modules that are loaded before anything is shown, the first of them first."""
        return self.needed_by(ENTRY)

    def needed_by(self, module: str) -> list[str]:
        """Return a module and all that it cannot begin without, itself first."""
        found: list[str] = []
        waiting = [module]
        while waiting:
            path = waiting.pop(0)
            if path not in found:
                found.append(path)
                waiting += imported_by(path, self.files[path].content.decode())
        return found


def imported_by(path: str, source: str) -> list[str]:
    """Return the modules that a module imports by name, as paths."""
    return [_resolved(path, name) for name in _IMPORT.findall(source)]


def read_assets() -> Assets:
    """Read all files of the dashboard but its document."""
    root = resources.files(__package__)
    contents = {path: file.read_bytes() for folder in FOLDERS for path, file in _files(root / folder, folder)}
    whole = hashlib.sha256()
    for path in sorted(contents):
        whole.update(f"{path}\0{len(contents[path])}\0".encode() + contents[path])
    files = {path: _asset(path, content) for path, content in contents.items()}
    return Assets(whole.hexdigest()[:_VERSION_CHARACTERS], files)


def _files(folder: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        inner = f"{path}/{entry.name}"
        if entry.is_dir():
            yield from _files(entry, inner)
        elif PurePosixPath(entry.name).suffix in _MEDIA_TYPES:
            yield inner, entry


def _asset(path: str, content: bytes) -> Asset:
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return Asset(content, _MEDIA_TYPES[PurePosixPath(path).suffix], tag)


def _resolved(path: str, name: str) -> str:
    parts = list(PurePosixPath(path).parent.parts)
    for part in name.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
