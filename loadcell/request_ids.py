"""Identifiers of calls: the caller may choose, as long as it can stand in a log line and a header."""

from __future__ import annotations

import re
import uuid
from typing import Final

ALLOWED: Final = "1 to 128 of A-Z a-z 0-9 . _ : -"
_VALID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def kept_or_new(given: object) -> str:
    """Return the identifier a caller has given if it is one, else a new one."""
    return given if isinstance(given, str) and _VALID.fullmatch(given) else str(uuid.uuid4())
