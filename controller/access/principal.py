"""Who makes a call, and what they may do and see."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from controller.access.permissions import ALL, every
from controller.scope import Scope
from loadcell.errors import LoadcellError

# How somebody was let in.
OPEN = "open"
CONFIGURED_KEY = "configured_key"
API_KEY = "api_key"
TOKEN = "token"  # noqa: S105 - the word for it
TICKET = "ticket"
PUBLIC = "public"
COMPANION = "companion"
AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who was let in. `permissions` has no stars; `projects` None: every project."""

    method: str
    principal_id: str
    name: str
    role: str
    permissions: frozenset[str]
    projects: frozenset[str] | None
    key_id: str = ""  # of the API key that is behind it, also behind a token
    further: frozenset[str] = frozenset()  # permissions beside those of the role, and
    scopes: frozenset[str] = frozenset()  # what limits both, as they were given
    family: str = ""  # of a token: of everything that came of one issue, and
    token_id: str = ""  # its own name
    expires_at: int | None = None  # microseconds since 1970 UTC; None: without an end

    @classmethod
    def unlimited(cls, method: str) -> Principal:
        """Return who may do and see everything."""
        return cls(method, method, method, "admin", every([ALL]), None)

    @property
    def scope(self) -> Scope:
        """Whose requests they may see."""
        return Scope(self.projects)

    @property
    def account(self) -> str:
        """Under what their calls are counted: those of a key together with those of the tokens issued for it."""
        if self.key_id:
            return f"key:{self.key_id}"
        return CONFIGURED_KEY if self.principal_id == CONFIGURED_KEY else f"{self.method}:{self.principal_id}"

    def may(self, permission: str) -> bool:
        """Whether they have a permission."""
        return permission in self.permissions

    def require(self, permission: str) -> None:
        """Let them do what a permission is needed for.

        Raises:
            LoadcellError: INSUFFICIENT_PERMISSIONS.
        """
        if not self.may(permission):
            raise LoadcellError(
                "INSUFFICIENT_PERMISSIONS",
                f"this needs the permission {permission}, which the caller does not have",
                metadata={"permission": permission},
            )


NOBODY = Principal("none", "", "", "", frozenset(), frozenset())
THE_PUBLIC = Principal(PUBLIC, PUBLIC, PUBLIC, "", frozenset({"runs:read"}), None)
_CURRENT: ContextVar[Principal] = ContextVar("principal")


def current_principal() -> Principal:
    """Return who makes the call that is being served.

    Raises:
        LookupError: The call has not gone through the access interceptor.
    """
    return _CURRENT.get()


def who_calls() -> Principal:
    """Return who makes the call that is being served, as far as it is known; NOBODY before they were let in."""
    return _CURRENT.get(NOBODY)


def serve_as(principal: Principal) -> None:
    """Note who makes the call of this task."""
    _CURRENT.set(principal)


_PROJECT: ContextVar[str] = ContextVar("project", default="")


def note_project(project_id: str) -> None:
    """Note what project the call of this task is about, where its request does not say so."""
    _PROJECT.set(project_id)


_CHANGE: ContextVar[bool] = ContextVar("change", default=False)


def note_change(*, changed: bool = True) -> None:
    """Note whether the call of this task changes something, where its method does not say so."""
    _CHANGE.set(changed)


def noted_change() -> bool:
    """Whether a change was noted."""
    return _CHANGE.get()


def noted_project() -> str:
    """Return the project that was noted, "" when none was."""
    return _PROJECT.get()
