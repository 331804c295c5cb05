"""Programs that tests call and that a machine may lack."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def program(name: str, package: str) -> str:
    """Where a program is; without it a test is skipped and says so, and fails in CI, which installs it."""
    found = shutil.which(name)
    if found is None:
        missing = f"{name} is missing: apt-get install --no-install-recommends {package}"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return found


def succeeds(*command: str | Path) -> str:
    """Carry a command out, which must end well; return what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
