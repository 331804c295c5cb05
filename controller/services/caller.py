"""Who calls, as far as services need to know."""

from __future__ import annotations

from typing import Any

from controller.scope import Scope


def scope_of(context: Any) -> Scope:  # noqa: ARG001 - all who get past the access interceptor are equals
    """Return whose requests the caller of a method may see."""
    return Scope.everything()
