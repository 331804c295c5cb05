"""How many files and sockets this process may have open."""

from __future__ import annotations

import contextlib
import resource


def raise_open_files_limit() -> None:
    """Raise the soft limit to the hard one: the usual 1,024 is fewer than the connections that are held."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # macOS calls its limit infinite and then refuses it; the limit in force then stays.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
