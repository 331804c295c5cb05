"""What caches are told of an answer, and whether a caller has it already (RFC 9110, 8.8 and 13; RFC 9111)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache

from starlette.datastructures import Headers

from loadcell.v1 import envelope_pb2

# What an answer follows from beside its URL. Nobody but the caller may keep it: it is of what they may see.
VARY = "Authorization, X-API-Key, Accept-Encoding"
_TAG_CHARACTERS = 32
_TAGS = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


def tag_of(body: bytes) -> str:
    """Return the strong tag of a body, or of the part of it that is not of each answer alone.

    An answer in an envelope is tagged without its `meta`: when it was sent, how long it took and what the call was
    called differ each time, and no answer would ever be the one a caller has.
    """
    return f'"{hashlib.sha256(body).hexdigest()[:_TAG_CHARACTERS]}"'


def caching_headers(tag: str, meta: envelope_pb2.ResponseMeta | None = None) -> dict[str, str]:
    """Return what an answer to a GET says to caches, the status being 200 or 304.

    What the controller does not keep, or does not say so of, has to be asked for each time: it may be another.
    """
    headers = {"ETag": tag, "Vary": VARY}
    if meta is None or not meta.max_age_seconds:
        return headers | {"Cache-Control": "private, no-cache"}
    headers["Cache-Control"] = f"private, max-age={meta.max_age_seconds}"
    computed, sent = meta.computed_at.seconds, meta.timestamp.seconds
    headers["Age"] = str(max(sent - computed, 0))
    # Dates have whole seconds: in the second it was computed in, another may be.
    if sent > computed:
        headers["Last-Modified"] = _date(computed)
    return headers


def is_known(asked: Headers, told: Mapping[str, str]) -> bool:
    """Whether the caller has the answer that is told of with some headers; tags decide alone where they are given.

    Dates that cannot be read are as if they were not there.
    """
    tags = asked.getlist("if-none-match")
    if tags:
        return _names(", ".join(tags), told["ETag"])
    since, modified = asked.getlist("if-modified-since"), told.get("Last-Modified")
    if len(since) != 1 or modified is None:
        return False
    try:
        return parsedate_to_datetime(modified) <= parsedate_to_datetime(since[0])
    except (TypeError, ValueError):
        return False


def _names(given: str, tag: str) -> bool:
    """Whether a header names a tag, as weak or strong, or any with `*`."""
    return given.strip() == "*" or tag.strip('"') in _TAGS.findall(given)


@lru_cache(256)
def _date(seconds: int) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)
