"""How much room is left on the disk of a folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NamedTuple


class Room(NamedTuple):
    """What a disk has, in bytes: what this user may still write, and all of it."""

    free: int
    size: int


def room(folder: Path) -> Room | None:
    """Return the room for a folder, which need not be there yet; None where the file system does not count."""
    try:
        usage = shutil.disk_usage(nearest(folder))
    except OSError:
        return None
    # One that says it has none at all, such as /proc, does not count its bytes.
    return Room(usage.free, usage.total) if usage.total else None


def nearest(folder: Path) -> Path:
    """Return the folder, or else the nearest one above it that is there."""
    # Not by Path.exists, which raises where a folder above may not be looked into.
    return next(place for place in (folder, *folder.absolute().parents) if os.path.exists(place))  # noqa: PTH110
