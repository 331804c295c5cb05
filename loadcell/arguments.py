"""Services that serve take no arguments: their settings come from the environment."""

from __future__ import annotations

import sys
from collections.abc import Sequence

_USAGE = """usage: python -m {0} [health]
Without an argument it serves; with "health" it says whether the one that runs with these settings is ready.
Settings come from the environment, see docs/settings.md."""


def refuse_arguments(service: str, arguments: Sequence[str]) -> None:
    """End the process when it was given arguments: with its usage, and status 0 for --help or 2 for others."""
    if not arguments:
        return
    asked = arguments[0] in ("--help", "-h")
    print(_USAGE.format(service), file=sys.stdout if asked else sys.stderr)
    sys.exit(0 if asked else 2)
