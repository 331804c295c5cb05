"""All boards as the files that Grafana reads."""

from __future__ import annotations

import json

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from scripts.boards import cache, database, errors, fleet, overview, rate_limits, requests, runs

BOARDS = (overview, requests, errors, rate_limits, cache, database, runs, fleet)


def rendered() -> dict[str, str]:
    """Return the text of each file by its name."""
    made = (module.make() for module in BOARDS)
    return {f"{board.uid}.json": json.dumps(board, cls=JSONEncoder, indent=2) + "\n" for board in made}
