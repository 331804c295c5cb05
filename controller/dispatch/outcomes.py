"""Why a driver leaves the path of a run that goes well."""

from __future__ import annotations


class RunFailedError(Exception):
    """The run cannot go on; the text says why."""


class CancelRequestedError(Exception):
    """Somebody wants the run to stop."""
