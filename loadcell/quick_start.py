"""Imported first by the entry points of services, so that they are up sooner and smaller.

The garbage collector waits until everything is imported: modules are no garbage, and to look at them again and
again is a tenth of the work of a start. And what libraries would draw with on a terminal is not there: structlog
and httpx import all of rich where the command line has brought it, and a service draws nothing.
"""

import gc
import sys

import loadcell.missing_extra  # noqa: F401 - for what is imported next

gc.disable()
for _name in ("rich", "httpx._main"):
    sys.modules[_name] = None  # type: ignore[assignment]  # importing it fails as if it were not installed


def all_imported() -> None:
    """Let the collector begin; what is there by now stays, and it need not look at that."""
    gc.freeze()
    gc.enable()
