"""The SDK as the command line loads it, once its own processes start.

structlog draws tracebacks with rich where that is installed, and imports nearly all of it. Nobody sees one here,
and it would be a fifth of what most commands take.
"""

import sys

_rich = sys.modules.get("rich")
sys.modules["rich"] = None  # type: ignore[assignment]  # importing it fails as if it were not installed
try:
    from loadcell.client import Client, LoadcellError
finally:
    del sys.modules["rich"]
    if _rich is not None:
        sys.modules["rich"] = _rich

__all__ = ["Client", "LoadcellError"]
