"""Loaded by Python before anything else: while a file exists, the host has slept for an hour.

SLEPT names the file. CLOCK_BOOTTIME counts the hour, CLOCK_MONOTONIC does not.
"""

import os
import time

_clock_gettime_ns = time.clock_gettime_ns
_file = os.environ["SLEPT"]


def _after_sleep(clock: int) -> int:
    slept = clock == time.CLOCK_BOOTTIME and os.path.exists(_file)  # noqa: PTH110 - called for every request
    return _clock_gettime_ns(clock) + slept * 3600 * 10**9


time.clock_gettime_ns = _after_sleep
