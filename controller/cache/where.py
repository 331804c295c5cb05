"""Chooses where answers are kept: in a Redis, if one is named, else in this process."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from controller.cache.memory import Memory
from controller.cache.place import Place
from loadcell.settings import Secret

if TYPE_CHECKING:
    from controller.redis_link import RedisLink

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


def open_link(url: Secret) -> RedisLink | None:
    """Return a link to a Redis, None when there is no URL."""
    if not url:
        return None
    from controller.redis_link import RedisLink  # noqa: PLC0415 - a sixth of a second for those who have no Redis

    return RedisLink(url)


def prefix_of(owner: str) -> str:
    """Return what the names of an owner begin with; another owner's in the same Redis are apart."""
    return f"loadcell:{hashlib.sha256(owner.encode()).hexdigest()[:16]}:"


def keeping_place(link: RedisLink | None, capacity: int, owner: str) -> Place:
    """Return a place in Redis, or in this process when there is no link.

    Args:
        link: Of `open_link`.
        capacity: Bytes that may be kept in this process.
        owner: What the answers are of.
    """
    if link is None:
        return Memory(capacity)
    from controller.cache.remote import Remote  # noqa: PLC0415 - imports the client of Redis

    return Remote(link, prefix_of(owner))
