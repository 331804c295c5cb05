"""Whether the clock of this machine can be right."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final

from loadcell.settings import SettingsError

_EARLIEST: Final = datetime(2025, 1, 1, tzinfo=UTC)  # nothing of loadcell is older
_LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)


def check_clock(_settings: object = None) -> None:
    """See that the clock does not say what cannot be: every row, token and certificate is held against it.

    Raises:
        SettingsError: It does.
    """
    says = time.time()
    if not _EARLIEST.timestamp() <= says < _LATEST.timestamp():
        raise SettingsError(
            f"the clock of this machine says {datetime.fromtimestamp(says, UTC):%Y-%m-%d}, which cannot be: set it"
            " (timedatectl, or the clock of the host)"
        )
