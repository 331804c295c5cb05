"""Rights that somebody gives to a key or a token: checked, and never more than their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from google.protobuf.timestamp_pb2 import Timestamp

from controller.access.permissions import ADMIN, ROLES, SCOPES, parse_permission, permitted
from controller.access.principal import Principal
from controller.access.tokens import MAX_NAME, MAX_PERMISSIONS, MAX_PROJECTS
from controller.expiry import read_expiry
from loadcell.errors import LoadcellError
from loadcell.v1 import auth_pb2, fleet_pb2

Expiring = auth_pb2.CreateApiKeyRequest | fleet_pb2.CreateAgentTokenRequest


@dataclass(frozen=True, slots=True)
class Grant:
    """What is given. `projects` None: every project."""

    role: str
    permissions: frozenset[str]
    scopes: frozenset[str]
    projects: frozenset[str] | None


def read_grant(role: str, permissions: Sequence[str], scopes: Sequence[str], projects: Sequence[str]) -> Grant:
    """Return what a request asks for.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE, LIMIT_EXCEEDED with the field.
    """
    if role not in ROLES:
        raise _wrong("role", f"role {role[:64]!r} must be one of {', '.join(ROLES)}")
    unknown = next((scope for scope in scopes if scope not in SCOPES), None)
    if unknown is not None:
        raise _wrong("scopes", f"scope {unknown[:64]!r} must be one of {', '.join(SCOPES)}")
    for name, values, most in (
        ("permissions", permissions, MAX_PERMISSIONS),
        ("projects", projects, MAX_PROJECTS),
    ):
        if len(values) > most:
            raise LoadcellError("LIMIT_EXCEEDED", f"{name} has {len(values)} entries, at most {most}", field=name)
    try:
        further = frozenset(map(parse_permission, permissions))
    except ValueError as error:
        raise _wrong("permissions", f"permission {error}") from None
    for project in projects:
        if not project or project == "*" or len(project) > MAX_NAME or not project.isprintable():
            raise _wrong(
                "projects", f"project {project[:64]!r} must be 1 to {MAX_NAME} printable characters, not *"
            )
    if role == ADMIN and projects:
        raise _wrong("projects", "an admin sees every project; give another role for some of them")
    return Grant(role, further, frozenset(scopes), None if role == ADMIN else frozenset(projects))


def require_own(grant: Grant, giver: Principal) -> None:
    """Let somebody give what they have themselves.

    Raises:
        LoadcellError: INSUFFICIENT_PERMISSIONS, PROJECT_ACCESS_DENIED.
    """
    more = permitted(grant.role, grant.permissions, grant.scopes) - giver.permissions
    if more:
        raise LoadcellError(
            "INSUFFICIENT_PERMISSIONS",
            f"nobody can give more than they have: {min(more)} is not permitted to the caller",
            metadata={"permission": min(more)},
        )
    if giver.projects is not None and (grant.projects is None or not grant.projects <= giver.projects):
        raise LoadcellError(
            "PROJECT_ACCESS_DENIED", "nobody can give projects that are not theirs", field="projects"
        )


def covers(giver: Principal, grant: Grant) -> bool:
    """Whether somebody could have given this."""
    try:
        require_own(grant, giver)
    except LoadcellError:
        return False
    return True


def check_name(field: str, name: str) -> None:
    """Check the name of a key, a token or a project, or the subject of a token.

    Raises:
        LoadcellError: MISSING_REQUIRED_FIELD, INVALID_FIELD_VALUE.
    """
    if not name.strip():
        raise LoadcellError("MISSING_REQUIRED_FIELD", f"{field} is required", field=field)
    if len(name) > MAX_NAME or not name.isprintable():
        raise _wrong(field, f"{field} may have {MAX_NAME} printable characters")


def end_of(request: Expiring, giver: Principal, now: int) -> int | None:
    """Return when what a request asks for is to end, by default with its giver; None: never. In microseconds.

    Raises:
        LoadcellError: INVALID_FIELD_VALUE, it would have ended already, or is to last longer than its giver.
    """
    if not request.HasField("expires_at"):
        return giver.expires_at
    asked = read_expiry(request.expires_at, now)
    if giver.expires_at is not None and asked > giver.expires_at:
        latest = Timestamp()
        latest.FromMicroseconds(giver.expires_at)
        raise _wrong(
            "expires_at",
            f"nothing lasts longer than what it is given with: the end may be at {latest.ToJsonString()} at the"
            f" latest, not at {request.expires_at.ToJsonString()}",
        )
    return asked


def _wrong(field: str, message: str) -> LoadcellError:
    return LoadcellError("INVALID_FIELD_VALUE", message, field=field)
