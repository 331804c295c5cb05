"""Debian's chromium, which the tests of the dashboard and its figures drive."""

from __future__ import annotations

import shutil

# Containers permit no sandbox of its own to it, and give it little shared memory.
FLAGS = ("--no-sandbox", "--disable-dev-shm-usage")


class NoChromiumError(Exception):
    """There is no chromium on this machine; the text says how to get one."""

    def __init__(self) -> None:
        super().__init__("chromium is not installed (Debian: apt-get install --no-install-recommends chromium)")


def chromium_path() -> str:
    """Return where it is.

    Raises:
        NoChromiumError: Nowhere.
    """
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise NoChromiumError
