"""API keys on the terminal."""

import time
from collections.abc import Sequence

from rich.console import RenderableType

from loadcell.cli.figures import ABSENT
from loadcell.cli.layout import local_time, new_table, styled
from loadcell.v1 import auth_pb2

_STYLES = {"valid": "green", "expired": "yellow", "revoked": "red"}


def key_table(keys: Sequence[auth_pb2.ApiKey], now: float | None = None) -> RenderableType:
    """Return a line for each key; `now` in seconds since 1970 UTC tells which have expired."""
    at = time.time() if now is None else now
    table = new_table(
        "key", "name", "begins", "state", "role", "projects", "made", "expires", "last used", numbers=False
    )
    for key in keys:
        table.add_row(
            key.key_id,
            key.name,
            f"lc_live_{key.prefix}",
            styled(_state(key, at), _STYLES),
            " ".join([key.role, *(f"+{one}" for one in key.permissions), *(f"only {one}" for one in key.scopes)]),
            "all" if key.role == "admin" else ", ".join(key.projects) or ABSENT,
            local_time(key.created_at),
            local_time(key.expires_at),
            local_time(key.last_used_at),
        )
    return table


def _state(key: auth_pb2.ApiKey, at: float) -> str:
    if key.HasField("revoked_at"):
        return "revoked"
    return "expired" if key.HasField("expires_at") and key.expires_at.seconds <= at else "valid"
