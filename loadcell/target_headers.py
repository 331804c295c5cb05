"""Credentials and extra headers for a target: what they may look like. No message shows a value."""

from __future__ import annotations

import re
from collections.abc import Mapping

from loadcell.errors import LoadcellError

MAX_HEADERS = 64
MAX_VALUE = 8_192  # characters of a key or header value
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")  # field-name of RFC 9110
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")  # field-value of RFC 9110: no CR, LF or NUL
_VISIBLE = re.compile(r"[\x21-\x7e]*")
# The engine frames its requests itself and reads answers as they are: these would change where a request ends or
# goes, or how its answer is coded.
RESERVED = frozenset({
    "host", "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "upgrade", "te",
    "trailer", "expect", "accept-encoding",
})  # fmt: skip


def check_api_key(key: str) -> None:
    """Check a credential, which may be empty.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE, field api_key.
    """
    if len(key) > MAX_VALUE or not _VISIBLE.fullmatch(key):
        message = f"api_key must be at most {MAX_VALUE:,} visible ASCII characters"
        raise LoadcellError("INVALID_FIELD_VALUE", message, field="api_key")


def check_headers(headers: Mapping[str, str]) -> None:
    """Check extra headers.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE or LIMIT_EXCEEDED, field headers.
    """
    if len(headers) > MAX_HEADERS:
        raise LoadcellError("LIMIT_EXCEEDED", f"{len(headers)} headers, at most {MAX_HEADERS}", field="headers")
    for name, value in headers.items():
        if not _NAME.fullmatch(name):
            raise _refusal(f"{name[:64]!r} is no header name")
        if name.lower() in RESERVED:
            raise _refusal(f"header {name} cannot be set")
        if len(value) > MAX_VALUE or not _VALUE.fullmatch(value):
            raise _refusal(
                f"the value of header {name} is longer than {MAX_VALUE:,} characters or has characters that no"
                " header can carry, such as line breaks"
            )


def _refusal(message: str) -> LoadcellError:
    return LoadcellError("INVALID_FIELD_VALUE", message, field="headers")
