"""Chooses where answers are kept."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

from controller.cache.memory import Memory
from controller.cache.place import Place
from loadcell.settings import Secret

_SCHEMES = ("redis", "rediss", "unix")


def redis_url(text: str) -> Secret:
    """Check the URL of a Redis; it may hold a password.

    Raises:
        ValueError: It is none; the text shows nothing of it.
    """
    wrong = "must be redis://user:password@host:port/number, rediss://... or unix:///path"
    try:
        parts = urlsplit(text)
        known = parts.scheme in _SCHEMES and parts.port != 0
    except ValueError:
        raise ValueError(wrong) from None
    if not known or not (parts.path if parts.scheme == "unix" else parts.hostname):
        raise ValueError(wrong)
    return Secret(text)


def keeping_place(url: Secret, capacity: int, owner: str) -> Place:
    """Return a place in Redis, or in this process when there is no URL.

    Args:
        url: Of redis_url; empty for none.
        capacity: Bytes that may be kept in this process.
        owner: What the answers are of; another owner's answers in the same Redis are apart.
    """
    if not url:
        return Memory(capacity)
    from controller.cache.remote import Remote  # noqa: PLC0415 - a sixth of a second for those who have no Redis

    return Remote(url, f"loadcell:{hashlib.sha256(owner.encode()).hexdigest()[:16]}:")
