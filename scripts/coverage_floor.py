"""Says how much of the code the tests ran, and fails where that is too little.

Usage: scripts/coverage_floor.py FILE, the JSON that slipcover writes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

FLOOR_PERCENT = 85.0


def judged(found: dict[str, int]) -> tuple[str, bool]:
    """Return a line for people, and whether enough lines were run; of no lines at all that is never so."""
    covered, missing = found.get("covered_lines", 0), found.get("missing_lines", 0)
    percent = 100 * covered / max(covered + missing, 1)
    said = f"coverage: {percent:.1f} % of {covered + missing} lines, at least {FLOOR_PERCENT:g} % is asked for"
    return said, percent >= FLOOR_PERCENT


def main() -> int:
    """Return the exit status of the process."""
    said, enough = judged(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["summary"])
    sys.stdout.write(f"{said}\n")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
