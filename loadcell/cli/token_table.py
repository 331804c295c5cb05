"""The tokens of agents on the terminal."""

import time
from collections.abc import Sequence

from rich.console import RenderableType

from loadcell.cli.figures import ABSENT
from loadcell.cli.layout import local_time, new_table, styled
from loadcell.v1 import fleet_pb2

_STYLES = {"valid": "green", "expired": "yellow", "revoked": "red"}


def token_table(tokens: Sequence[fleet_pb2.AgentToken], now: float | None = None) -> RenderableType:
    """Return a line for each token; `now` in seconds since 1970 UTC tells which have expired."""
    at = time.time() if now is None else now
    table = new_table("token", "name", "begins", "state", "agent", "made", "expires", "last used", numbers=False)
    for token in tokens:
        table.add_row(
            token.token_id,
            token.name,
            f"lc_agent_{token.prefix}",
            styled(_state(token, at), _STYLES),
            token.agent_id or ABSENT,
            local_time(token.created_at),
            local_time(token.expires_at),
            local_time(token.last_used_at),
        )
    return table


def _state(token: fleet_pb2.AgentToken, at: float) -> str:
    if token.HasField("revoked_at"):
        return "revoked"
    return "expired" if token.HasField("expires_at") and token.expires_at.seconds <= at else "valid"
