"""Memory that a thread has freed is kept for its next answer.

Sums are made in arrays of a few megabytes. The C library gives such memory back at once, and what is then taken
from the system again, page by page, costs a fifth of the time of a large answer.
"""

from __future__ import annotations

import ctypes

# mallopt(3) of the GNU C library. Each is the most that is kept; the second has the largest value there is.
_TRIM_THRESHOLD, _KEPT_BYTES = -1, 16 * 2**20
_MMAP_THRESHOLD, _LARGE_BYTES = -3, 32 * 2**20


def keep_freed_memory() -> None:
    """Have each thread keep up to 16 MiB that it has freed; where the C library cannot, nothing happens."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, _KEPT_BYTES)
        mallopt(_MMAP_THRESHOLD, _LARGE_BYTES)
