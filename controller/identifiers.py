"""Identifiers of runs."""

from __future__ import annotations

import secrets
import time
import uuid


def new_run_id() -> str:
    """Return a UUID of version 7 (RFC 9562, 5.7): milliseconds since 1970 first, so ids sort by creation."""
    millis = time.time_ns() // 1_000_000
    value = (
        (millis & (1 << 48) - 1) << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    )
    return str(uuid.UUID(int=value))
