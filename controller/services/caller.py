"""Who calls, as far as services need to know."""

from __future__ import annotations

from typing import Any

from controller.access.principal import current_principal
from controller.scope import Scope


def scope_of(context: Any) -> Scope:  # noqa: ARG001 - the access interceptor noted it for the task of the call
    """Return whose requests the caller of a method may see."""
    return current_principal().scope
