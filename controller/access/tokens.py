"""Access tokens: JSON Web Tokens that say what their holder may do (RFC 7519)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from controller.access.jwt_keys import JwtKeys
from controller.access.permissions import ROLES, SCOPES, parse_permission
from loadcell.errors import LoadcellError

MAX_CHARACTERS: Final = 8_192
MAX_PROJECTS: Final = 100
MAX_PERMISSIONS: Final = 64
MAX_NAME: Final = 128  # characters
_LAST_SECOND: Final = 253_402_300_799  # of the year 9999
_REQUIRED = ["sub", "role", "iat", "exp", "jti"]


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. Instants are in seconds since 1970 UTC; `projects` None: every project."""

    subject: str
    role: str
    permissions: frozenset[str]
    scopes: frozenset[str]
    projects: frozenset[str] | None
    key_id: str = ""  # of the API key it was issued for
    family: str = ""  # of everything that came of one issue; empty: a token made elsewhere
    token_id: str = ""  # jti
    issued_at: int = 0
    expires_at: int = 0
    giver: str = ""  # the mark of the configured API key, if it was issued for that one


@dataclass(frozen=True, slots=True)
class TokenRules:
    """What tokens must say. Empty: whatever it is."""

    issuer: str
    audience: str
    leeway_seconds: float


class AccessTokens:
    """Signs and verifies tokens."""

    def __init__(self, keys: Callable[[], JwtKeys], rules: TokenRules) -> None:
        self._keys, self._rules = keys, rules

    @property
    def can_sign(self) -> bool:
        """Whether there is a key to sign with."""
        return self._keys().signer is not None

    @property
    def can_verify(self) -> bool:
        """Whether any token is taken."""
        return bool(self._keys().keys)

    def end_of(self, claims: Claims) -> int:
        """Return from when on a token is refused, in microseconds since 1970 UTC."""
        return claims.expires_at * 1_000_000 + round(self._rules.leeway_seconds * 1e6)

    def sign(self, claims: Claims) -> str:
        """Return the token.

        Raises:
            LoadcellError: TOKENS_OFF.
        """
        key = self._keys().signer
        if key is None:
            raise LoadcellError(
                "TOKENS_OFF",
                "the controller has no key to sign tokens with; set LOADCELL_JWT_SECRET or LOADCELL_JWT_KEYS",
            )
        payload: dict[str, Any] = {
            "sub": claims.subject,
            "role": claims.role,
            "permissions": sorted(claims.permissions),
            "projects": ["*"] if claims.projects is None else sorted(claims.projects),
            "scopes": sorted(claims.scopes),
            "jti": claims.token_id,
            "family": claims.family,
            "key_id": claims.key_id,
            "giver": claims.giver,
            "iat": claims.issued_at,
            "nbf": claims.issued_at,
            "exp": claims.expires_at,
        }
        if self._rules.issuer:
            payload["iss"] = self._rules.issuer
        if self._rules.audience:
            payload["aud"] = self._rules.audience
        import jwt  # noqa: PLC0415 - and all of cryptography with it, which only those load who have keys

        return jwt.encode(payload, key.signing, key.algorithm, headers={"kid": key.kid})

    def verify(self, token: str) -> Claims:
        """Return what a token says, if its signature and its times are right.

        Raises:
            LoadcellError: INVALID_TOKEN, EXPIRED_TOKEN.
        """
        import jwt  # noqa: PLC0415 - as above

        if len(token) > MAX_CHARACTERS:
            raise _invalid(f"is longer than {MAX_CHARACTERS:,} characters")
        try:
            head = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise _invalid("cannot be read") from None
        kid = head.get("kid")
        key = self._keys().find(kid if isinstance(kid, str) else None)
        if key is None or (kid is not None and not isinstance(kid, str)):
            raise _invalid("names no key of this controller (kid)")
        # The algorithm is the key's: one that a token chooses could make a public key a secret (RFC 8725, 3.1).
        if head.get("alg") != key.algorithm:
            raise _invalid(f"must be signed with {key.algorithm}")
        try:
            payload = jwt.decode(
                token,
                key.verifying,
                [key.algorithm],
                {"require": _REQUIRED, "verify_aud": bool(self._rules.audience)},
                audience=self._rules.audience or None,
                issuer=self._rules.issuer or None,
                leeway=self._rules.leeway_seconds,
            )
        except jwt.ExpiredSignatureError:
            raise LoadcellError("EXPIRED_TOKEN", "the token has expired; get another") from None
        except jwt.MissingRequiredClaimError as error:
            raise _invalid(f"lacks {error.claim}") from None
        except jwt.PyJWTError as error:
            raise _invalid(_WHY.get(type(error).__name__, "is not valid")) from None
        return _claims(payload)


# By the class of PyJWT's error.
_WHY = {
    "InvalidSignatureError": "has a wrong signature",
    "InvalidAudienceError": "is for somebody else (aud)",
    "InvalidIssuerError": "is of somebody else (iss)",
    "ImmatureSignatureError": "is not valid yet (nbf or iat)",
}


def seconds_now() -> int:
    """Return the seconds since 1970 UTC, as tokens count."""
    return int(time.time())


def _claims(payload: dict[str, Any]) -> Claims:
    subject, role, jti = payload["sub"], payload["role"], payload["jti"]
    for name, value in (("sub", subject), ("jti", jti)):
        if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME or not value.isprintable():
            raise _invalid(f"has no usable {name}")
    if not isinstance(role, str) or role not in ROLES:
        raise _invalid(f"has a role that is none of {', '.join(ROLES)}")
    try:
        permissions = frozenset(map(parse_permission, _texts(payload, "permissions", MAX_PERMISSIONS)))
    except ValueError as error:
        raise _invalid(f"has a permission that cannot be: {error}") from None
    projects = frozenset(_texts(payload, "projects", MAX_PROJECTS))
    scopes = frozenset(_texts(payload, "scopes", MAX_PERMISSIONS))
    if not scopes <= SCOPES.keys():
        raise _invalid(f"has a scope that is none of {', '.join(SCOPES)}")
    issued_at, expires_at = int(payload["iat"]), int(payload["exp"])
    if expires_at > _LAST_SECOND:
        raise _invalid("expires after the year 9999")
    return Claims(
        subject=subject,
        role=role,
        permissions=permissions,
        projects=None if role == "admin" or "*" in projects else projects,
        token_id=jti,
        family=_text(payload, "family"),
        key_id=_text(payload, "key_id"),
        giver=_text(payload, "giver"),
        scopes=scopes,
        issued_at=issued_at,
        expires_at=expires_at,
    )


def _texts(payload: dict[str, Any], name: str, most: int) -> list[str]:
    found = payload.get(name, [])
    if not isinstance(found, list) or len(found) > most or not all(isinstance(one, str) for one in found):
        raise _invalid(f"has {name} that are not a list of at most {most} texts")
    return found


def _text(payload: dict[str, Any], name: str) -> str:
    found = payload.get(name, "")
    if not isinstance(found, str) or len(found) > MAX_NAME:
        raise _invalid(f"has no usable {name}")
    return found


def _invalid(why: str) -> LoadcellError:
    return LoadcellError("INVALID_TOKEN", f"the token {why}")
