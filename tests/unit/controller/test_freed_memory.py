"""Memory that is kept: asking for as much again costs no page of the system."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

BYTES = 8 * 2**20
# Prints how many pages came from the system for an array after one of the same size was freed.
AGAIN = f"""
import resource, sys
import numpy as np
from controller.freed_memory import keep_freed_memory

if sys.argv[1:] == ["keep"]:
    keep_freed_memory()
np.ones({BYTES}, np.uint8)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
np.ones({BYTES}, np.uint8)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def pages_again(*arguments: str) -> int:
    return int(subprocess.check_output([sys.executable, "-c", AGAIN, *arguments], text=True))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has no such settings")
def test_memory_that_was_freed_is_there_for_the_next_answer():
    assert pages_again("keep") < min(pages_again(), BYTES // 2**16)
