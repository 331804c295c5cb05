"""Node.js, which runs the scripts of pages where no browser is needed."""

from __future__ import annotations

import os
import shutil

import pytest


def node_path() -> str:
    """Return the command; where it is missing tests are skipped, in CI they fail."""
    node = shutil.which("node")
    if node is None:
        reason = "Node.js is not installed (Debian: apt-get install nodejs)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return node
