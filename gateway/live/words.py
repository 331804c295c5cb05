"""Messages that every kind of connection has. Pure."""

from __future__ import annotations

from typing import Any, Final

import orjson

from gateway.live.outbox import Told
from loadcell.errors import LoadcellError


def text_of(message: dict[str, Any]) -> str:
    """Return a message as it is sent."""
    return orjson.dumps(message).decode()


def lagged(missed: int) -> Told:
    """Return the notice that so many messages were missed since the one before."""
    return Told(text_of({"type": "lagged", "missed": missed}), "lagged")


def failure(error: LoadcellError) -> Told:
    """Return what tells of an error."""
    message: dict[str, Any] = {"type": "error", "code": error.reason, "message": error.message}
    if error.field is not None:
        message["field"] = error.field
    return Told(text_of(message), "error")


PONG: Final = text_of({"type": "pong"})
