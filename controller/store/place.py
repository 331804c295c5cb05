"""Where the database is: the path of an SQLite file, or the URL of a PostgreSQL database."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

Place = Path | URL
"""A URL hides its password in `str` and `repr`."""

_DRIVER = "postgresql+psycopg"
_SCHEMES = ("postgresql", "postgres", _DRIVER)


def parse_place(value: str) -> Place:
    """Parse a path, sqlite:///relative, sqlite:////absolute or postgresql://user:password@host:port/name.

    Raises:
        ValueError: It is none of these; the text shows nothing of a value that may hold a password.
    """
    if "://" not in value:
        return Path(value).expanduser()
    scheme = value.partition("://")[0]
    if scheme in _SCHEMES:
        return _server(value)
    if scheme != "sqlite":
        shown = scheme if scheme.isidentifier() else "this"
        raise ValueError(f"{shown} is not supported; give a path, sqlite:///path or postgresql://...")
    parts = urlsplit(value)
    if parts.netloc or len(parts.path) < 2:
        raise ValueError("must be sqlite:///relative/path or sqlite:////absolute/path")
    return Path(parts.path[1:]).expanduser()


def describe(place: Place) -> str:
    """Return what to show of a place: the path, or the URL without its credentials and options."""
    if isinstance(place, Path):
        return str(place)
    return URL.create("postgresql", host=place.host, port=place.port, database=place.database).render_as_string()


def _server(value: str) -> URL:
    try:
        url = make_url(value).set(drivername=_DRIVER)
    except (ArgumentError, ValueError):
        raise ValueError("must be postgresql://user:password@host:port/name") from None
    if not url.database:
        raise ValueError("must name a database: postgresql://user:password@host:port/name")
    if any("password" in key for key in url.query):
        raise ValueError("a password belongs before the @: postgresql://user:password@host:port/name")
    return url
