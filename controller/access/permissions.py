"""Permissions are written `resource:action`; a role stands for some, and a star for all of either side."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

ALL: Final = "*"
ADMIN: Final = "admin"

# Every resource with its actions. Nothing else can be given to anybody.
ACTIONS: Final[dict[str, tuple[str, ...]]] = {
    "agents": ("read", "drain", "enrol", "connect"),
    "audit": ("read",),
    "costs": ("read", "write"),
    "evaluations": ("write",),
    "events": ("read",),
    "exports": ("read", "create", "cancel", "download"),
    "feedback": ("write",),
    "keys": ("read", "write"),
    "metrics": ("read",),
    "models": ("read",),
    "prices": ("write",),
    "projects": ("read", "write"),
    "runs": ("read", "create", "update", "cancel", "delete", "analyze"),
    "traces": ("read",),
    "usage": ("read",),
}

_READS = frozenset(
    f"{name}:read" for name in ("traces", "metrics", "costs", "models", "runs", "events", "agents", "projects")
)
ROLES: Final[dict[str, frozenset[str]]] = {
    ADMIN: frozenset({ALL}),
    "developer": _READS | {"runs:*", "exports:*", "feedback:write", "evaluations:write"},
    "viewer": _READS,
    "billing": frozenset({"costs:read", "usage:read"}),
}

# What a key with a scope is good for; `write` is everything that changes what belongs to a project.
SCOPES: Final[dict[str, frozenset[str]]] = {
    "read": frozenset({"*:read", "exports:download"}),
    "write": frozenset(
        {"runs:*", "exports:*", "costs:write", "feedback:write", "evaluations:write", "agents:connect"}
    ),
    "admin": frozenset({ALL}),
}

_WORD = re.compile(r"(\*|[a-z]+)(?::(\*|[a-z]+))?")
_VERBS = frozenset(action for actions in ACTIONS.values() for action in actions) | {ALL}


def parse_permission(text: str) -> str:
    """Return a permission in its one spelling; `read:traces` is another of `traces:read`.

    Raises:
        ValueError: There is no such permission; the text names it.
    """
    found = _WORD.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:64]!r} is not of the form resource:action")
    resource, action = found[1], found[2]
    if action is None:
        if resource == ALL:
            return ALL
        raise ValueError(f"{text!r} is not of the form resource:action")
    if resource not in ACTIONS and resource != ALL and resource in _VERBS:
        resource, action = action, resource
    known = _VERBS if resource == ALL else {*ACTIONS.get(resource, ()), ALL}
    if action not in known or (resource != ALL and resource not in ACTIONS):
        raise ValueError(f"{text!r} is none of the permissions there are")
    return ALL if (resource, action) == (ALL, ALL) else f"{resource}:{action}"


def every(granted: Iterable[str]) -> frozenset[str]:
    """Return the permissions without stars that some stand for."""
    found: set[str] = set()
    for one in granted:
        resource, _, action = one.partition(":")
        for name, actions in ACTIONS.items():
            if resource in (ALL, name):
                found.update(f"{name}:{each}" for each in actions if action in ("", ALL, each))
    return frozenset(found)


def permitted(role: str, further: Iterable[str], scopes: Iterable[str]) -> frozenset[str]:
    """Return all that a role and further permissions permit, within scopes if there are any, without stars.

    Raises:
        KeyError: There is no such role or scope.
    """
    granted = every(ROLES[role] | set(further))
    scopes = set(scopes)
    if not scopes:
        return granted
    return granted & every(one for scope in scopes for one in SCOPES[scope])
