"""The base URL of a target: what one may look like, for those who ask for it, store it and dial it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

MAX_CHARACTERS = 2_048
DEFAULT_PORTS = {"http": 80, "https": 443}
_VISIBLE = re.compile(r"[\x21-\x7e]*")


@dataclass(frozen=True, slots=True)
class TargetUrl:
    """A base URL in parts: `host` without brackets, `path` as given."""

    scheme: str
    host: str
    port: int
    path: str


def parse_target_url(url: str) -> TargetUrl:
    """Return the parts of a base URL such as "http://10.0.0.7:8000" or "https://h/openai/v1/".

    Raises:
        ValueError: It cannot be used. The text goes on after a name such as "server_url". It never repeats the
            URL: what is wrong with it may be a credential.
    """
    if len(url) > MAX_CHARACTERS:
        raise ValueError(f"has more than {MAX_CHARACTERS:,} characters")
    if not _VISIBLE.fullmatch(url):
        raise ValueError("must not contain spaces, control characters or non-ASCII characters")
    if "://" not in url:
        raise ValueError("has no scheme; write http:// or https:// in front of it")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("is not a URL; an IPv6 address stands in brackets") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError("must begin with http:// or https://")
    if "@" in parts.netloc:
        raise ValueError("must not contain a user or password; give them as API key or headers")
    if not parts.hostname:
        raise ValueError("names no host")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError("must name a port from 1 to 65535, or none")
    if parts.query or parts.fragment:
        raise ValueError("must not have a query or a fragment")
    return TargetUrl(parts.scheme, parts.hostname, port or DEFAULT_PORTS[parts.scheme], parts.path)
