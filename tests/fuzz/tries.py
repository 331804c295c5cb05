"""How much is tried: a fixed number of things, the same each time, or for FUZZ_SECONDS what the seed says."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator

SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
SEED = int(os.environ.get("FUZZ_SEED") or (secrets.randbelow(2**32) if SECONDS else 1))
os.environ["FUZZ_SEED"] = str(SEED)  # for the workers that pytest starts
AGAIN = f"FUZZ_SEED={SEED} begins with the same"


def tries(number: int) -> Iterator[int]:
    """Count: to a number, or until the time is over."""
    end, done = time.monotonic() + SECONDS, 0
    while done < number or time.monotonic() < end:
        yield done
        done += 1
