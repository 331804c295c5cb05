"""The suites that have a target of their own still collect."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_each_suite_outside_of_the_default_one_collects() -> None:
    """A name that moved breaks them at import, long after a change that ran only the default suite."""
    collect = [sys.executable, "-m", "pytest", "--collect-only", "-qq", "-p", "no:cacheprovider"]
    suites = [f"tests/{name}" for name in ("e2e", "deploy", "browser", "pages", "compat")]
    done = subprocess.run([*collect, *suites], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
