"""When a key or a token that is made ends. Pure."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

from loadcell.errors import LoadcellError

_LAST_SECOND = 253_402_300_799  # of the year 9999, as far as dates are written


def read_expiry(expires_at: Timestamp, now: int) -> int:
    """Return when something ends, in microseconds since 1970 UTC like `now`.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE, it is over already, or never.
    """
    if not now < expires_at.seconds * 1_000_000 + expires_at.nanos // 1_000:
        raise LoadcellError("INVALID_FIELD_VALUE", "expires_at must be in the future", field="expires_at")
    if expires_at.seconds > _LAST_SECOND or not 0 <= expires_at.nanos < 1_000_000_000:
        raise LoadcellError("INVALID_FIELD_VALUE", "expires_at must be before the year 10000", field="expires_at")
    return expires_at.ToMicroseconds()
