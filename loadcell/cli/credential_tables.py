"""API keys and the tokens of agents on the terminal."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from loadcell.cli.layout import local_time, new_table, styled
from loadcell.figures import ABSENT
from loadcell.v1 import auth_pb2, fleet_pb2

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
            _state(key, at),
            " ".join([key.role, *(f"+{one}" for one in key.permissions), *(f"only {one}" for one in key.scopes)]),
            "all" if key.role == "admin" else ", ".join(key.projects) or ABSENT,
            *_times(key),
        )
    return table


def token_table(tokens: Sequence[fleet_pb2.AgentToken], now: float | None = None) -> RenderableType:
    """Return a line for each token; `now` as above."""
    at = time.time() if now is None else now
    table = new_table("token", "name", "begins", "state", "agent", "made", "expires", "last used", numbers=False)
    for token in tokens:
        table.add_row(
            token.token_id,
            token.name,
            f"lc_agent_{token.prefix}",
            _state(token, at),
            token.agent_id or ABSENT,
            *_times(token),
        )
    return table


TABLES: dict[str, Callable[[Sequence[Any]], RenderableType]] = {"keys": key_table, "tokens": token_table}


def _times(credential: auth_pb2.ApiKey | fleet_pb2.AgentToken) -> tuple[str, str, str]:
    return (
        local_time(credential.created_at),
        local_time(credential.expires_at),
        local_time(credential.last_used_at),
    )


def _state(credential: auth_pb2.ApiKey | fleet_pb2.AgentToken, at: float) -> Text:
    ended = credential.HasField("expires_at") and credential.expires_at.seconds <= at
    state = "revoked" if credential.HasField("revoked_at") else "expired" if ended else "valid"
    return styled(state, _STYLES)
