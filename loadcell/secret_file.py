"""Reading a file that holds one secret, of which nobody knows yet whether it is one."""

from __future__ import annotations

import os
import stat
from typing import Final

MOST_BYTES: Final = 64 * 1024


def read_secret(file: str) -> str:
    """Return what is in a file, without the white space around it.

    A pipe would be waited for, and a device may never end, so neither is read.

    Raises:
        ValueError: It cannot be read, is no regular file, too large or no text; the text says why.
    """
    try:
        # Whoever opens a pipe waits for somebody who writes, but for this flag.
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as opened:
            if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                raise ValueError("is no regular file; write the secret to one")
            content = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from error
    if len(content) > MOST_BYTES:
        raise ValueError(f"is longer than {MOST_BYTES // 1024} KiB, which no secret is")
    try:
        return content.decode().strip()
    except UnicodeDecodeError as error:
        raise ValueError(
            f"cannot be read: {error.reason} at byte {error.start}; it is to be text in UTF-8"
        ) from None
