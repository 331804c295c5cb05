"""Why a connection ends, as its client is told: a close code, and the error if it was one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.errors import http_status
from loadcell.errors import LoadcellError

DONE: Final = 1000  # everything was told
STOPPING: Final = 1001  # the gateway stops
BINARY: Final = 1003
_ERRORS: Final = 4000  # and the HTTP status of the error


@dataclass(frozen=True, slots=True)
class End:
    """The end of a connection. `error` is told before."""

    code: int
    error: LoadcellError | None = None

    @classmethod
    def of(cls, error: LoadcellError) -> End:
        """Return the end that an error is."""
        return cls(_ERRORS + http_status(error), error)

    @property
    def reason(self) -> str:
        """What the close frame says beside the code."""
        return "" if self.error is None else self.error.reason


STOPPED: Final = End(STOPPING)
TOLD: Final = End(DONE)
