"""API keys, refresh tokens, tokens of agents and tickets: how they look, and what is stored of them."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Final

from loadcell.settings import Secret, credential
from loadcell.shown_credentials import without_credentials

KEY_PREFIX: Final = "lc_live_"
REFRESH_PREFIX: Final = "lc_refresh_"
AGENT_PREFIX: Final = "lc_agent_"
TICKET_PREFIX: Final = "lc_ticket_"
SESSION_PREFIX: Final = "lc_session_"  # of the credential that a ticket is used for
SHOWN: Final = 8  # characters of the random part that may be seen

_RANDOM = r"[A-Za-z0-9_-]{43}"
_KEY = re.compile(KEY_PREFIX + _RANDOM)
_REFRESH = re.compile(REFRESH_PREFIX + _RANDOM)
_AGENT = re.compile(AGENT_PREFIX + _RANDOM)
_TICKET = re.compile(TICKET_PREFIX + _RANDOM)
_SESSION = re.compile(SESSION_PREFIX + _RANDOM)
_IDENTIFIER = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NO_IDENTIFIER: Final = "(no identifier)"


def new_key() -> str:
    """Make an API key of 32 random bytes."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def new_refresh_token() -> str:
    """Make a refresh token of 32 random bytes."""
    return REFRESH_PREFIX + secrets.token_urlsafe(32)


def new_agent_token() -> str:
    """Make a token of an agent of 32 random bytes."""
    return AGENT_PREFIX + secrets.token_urlsafe(32)


def new_ticket() -> str:
    """Make a ticket of 32 random bytes."""
    return TICKET_PREFIX + secrets.token_urlsafe(32)


def new_session() -> str:
    """Make the credential that a ticket is used for, of 32 random bytes."""
    return SESSION_PREFIX + secrets.token_urlsafe(32)


def is_key(text: str) -> bool:
    """Whether a text looks like an API key."""
    return _KEY.fullmatch(text) is not None


def configured_key(value: str) -> Secret:
    """Parse the API key that is a setting.

    Raises:
        ValueError: It cannot be sent, or is one of the database, which would permit everything and could not be
            revoked.
    """
    if value.startswith(KEY_PREFIX):
        raise ValueError(
            "is a key made with `loadcell keys create`; that is for callers: unset it where the controller starts"
        )
    return credential(value)


def is_refresh_token(text: str) -> bool:
    """Whether a text looks like a refresh token."""
    return _REFRESH.fullmatch(text) is not None


def is_agent_token(text: str) -> bool:
    """Whether a text looks like a token of an agent."""
    return _AGENT.fullmatch(text) is not None


def is_ticket(text: str) -> bool:
    """Whether a text looks like a ticket."""
    return _TICKET.fullmatch(text) is not None


def is_session(text: str) -> bool:
    """Whether a text looks like the credential that a ticket is used for."""
    return _SESSION.fullmatch(text) is not None


def shown_part(credential: str) -> str:
    """Return what may be seen of an API key or a token of an agent, to tell it from others."""
    return credential.removeprefix(KEY_PREFIX).removeprefix(AGENT_PREFIX)[:SHOWN]


def shown_identifier(text: str) -> str:
    """Return what may be kept of a text in the place of the identifier of a key or of a token.

    People paste the credential itself there, and that of the settings has no form it could be known by.
    """
    if _IDENTIFIER.fullmatch(text):
        return text
    shown = without_credentials(text)
    return shown if shown != text else _NO_IDENTIFIER


def hash_of(credential: str) -> str:
    """Return what is stored of a credential. It has 256 random bits, so nothing slower than SHA-256 is needed."""
    return hashlib.sha256(credential.encode()).hexdigest()
