"""What a credential permits, as it is stored with its hash."""

from __future__ import annotations

import json

from controller.access.tokens import Claims


def claims_text(claims: Claims) -> str:
    """Return claims as they are stored, without their times."""
    return json.dumps(
        {
            "subject": claims.subject,
            "role": claims.role,
            "permissions": sorted(claims.permissions),
            "scopes": sorted(claims.scopes),
            "projects": None if claims.projects is None else sorted(claims.projects),
            "family": claims.family,
            "token_id": claims.token_id,
            "key_id": claims.key_id,
            "giver": claims.giver,
        }
    )


def read_claims(text: str) -> Claims:
    """Return the claims that were stored."""
    found = json.loads(text)
    return Claims(
        subject=found["subject"],
        role=found["role"],
        permissions=frozenset(found["permissions"]),
        scopes=frozenset(found["scopes"]),
        projects=None if found["projects"] is None else frozenset(found["projects"]),
        key_id=found["key_id"],
        giver=found.get("giver", ""),
        family=found["family"],
        token_id=found.get("token_id", ""),
    )
