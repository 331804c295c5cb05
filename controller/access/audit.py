"""What is kept of calls: every one that changes something, and every one that is refused to its caller."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from controller.access.keys import shown_identifier
from controller.access.methods import PERMISSIONS, short_name
from loadcell.shown_credentials import without_credentials

FAILURES_A_MINUTE: Final = 120  # of one caller, and of all that nobody knows together; more say nothing new
_READS = frozenset({"read", "download", "connect"})
# Asks only, though by the permission to change.
_ASKS = frozenset({"FleetService/ListAgentTokens"})
# Changes without a permission of their own.
_ALSO = frozenset(
    f"AuthService/{name}" for name in ("IssueToken", "RefreshToken", "RevokeToken", "CreateTicket", "UseTicket")
)
# What a call is about, by the names these fields have throughout the contract, most telling first.
_NAMES = ("run_id", "job_id", "key_id", "token_id", "budget_id", "id", "agent_id", "trace_id", "sha256", "model")
_OF_CREDENTIALS = frozenset({"key_id", "token_id"})
_WITHIN = ("details", "data", "run", "key", "token", "agent", "job", "budget")
_LONGEST = 128  # characters


def changes_something(method: str) -> bool:
    """Whether calls of a method, by its full name, are kept whatever comes of them."""
    name = short_name(method)
    if name in _ALSO or name in _ASKS:
        return name in _ALSO
    return PERMISSIONS.get(name, ":read").partition(":")[2] not in _READS


def resource_of(answer: Any, request: Any) -> str:
    """Return the identifier of what a call was about, of its answer or else of its request; "" without one.

    A credential that a request has in its place is not kept.
    """
    for message in (answer, request):
        descriptor = getattr(message, "DESCRIPTOR", None)
        if descriptor is None:
            continue
        places = [message, *(getattr(message, name) for name in _WITHIN if _is_message(descriptor, name))]
        for place in places:
            for name in _NAMES:
                if _is_text(place.DESCRIPTOR, name) and getattr(place, name):
                    found = str(getattr(place, name))
                    if message is answer:
                        return found[:_LONGEST]
                    kept = shown_identifier if name in _OF_CREDENTIALS else without_credentials
                    return kept(found)[:_LONGEST]
    return ""


def project_of(request: Any) -> str:
    """Return the project that a request names; "" without one."""
    descriptor = getattr(request, "DESCRIPTOR", None)
    named = descriptor is not None and _is_text(descriptor, "project_id")
    return without_credentials(request.project_id)[:_LONGEST] if named else ""


class Failures:
    """Which calls that failed are kept: so many a minute of each caller, and as many of all unknown ones."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._minute = -1
        self._kept: Counter[str] = Counter()

    def keep(self, account: str) -> bool:
        """Whether one more is kept of a caller; "" for one whom nobody knows."""
        minute = int(self._clock() // 60)
        if minute != self._minute:
            self._minute = minute
            self._kept.clear()
        self._kept[account] += 1
        return self._kept[account] <= FAILURES_A_MINUTE


def _is_message(descriptor: Any, name: str) -> bool:
    field = descriptor.fields_by_name.get(name)
    return field is not None and field.message_type is not None and not field.is_repeated


def _is_text(descriptor: Any, name: str) -> bool:
    field = descriptor.fields_by_name.get(name)
    return field is not None and field.type == field.TYPE_STRING and not field.is_repeated
