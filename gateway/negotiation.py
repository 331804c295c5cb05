"""What a client takes: media types (Accept) and compression (Accept-Encoding), by weight (RFC 9110, 12.4)."""

from __future__ import annotations

import re
from functools import lru_cache

GZIP, ZSTD = "gzip", "zstd"
JSON = "application/json"
_PREFERRED = (ZSTD, GZIP)  # where the client does not mind: the one that takes less time for fewer bytes
_WEIGHT = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE | re.ASCII)
_MOST_CHARACTERS = 1_024  # of a header that is looked at; browsers send a tenth


@lru_cache(maxsize=256)
def coding_for(accept_encoding: str) -> str:
    """Return how to compress an answer, "" for not at all.

    Plain text is taken where the client says nothing, and as long as it does not prefer to have it compressed.
    """
    weights = _weights(accept_encoding)
    best = max(_PREFERRED, key=lambda coding: weights.get(coding, weights.get("*", 0.0)))
    weight = weights.get(best, weights.get("*", 0.0))
    return best if weight > 0 and weight >= weights.get("identity", 0.0) else ""


@lru_cache(maxsize=256)
def is_accepted(media_type: str, accept: str) -> bool:
    """Whether an answer of this type may be given; the range that fits it most closely decides.

    A header in which there is no range at all says nothing, as none does.
    """
    weights = {name: weight for name, weight in _weights(accept).items() if "/" in name}
    for fitting in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        if fitting in weights:
            return weights[fitting] > 0
    return not weights


@lru_cache(maxsize=256)
def prefers(media_type: str, accept: str) -> bool:
    """Whether a client names a type, and JSON not as gladly: browsers that load a page do so, programs do not."""
    weights = _weights(accept)
    return weights.get(media_type, 0.0) > weights.get(JSON, 0.0)


def _weights(header: str) -> dict[str, float]:
    """Return the weight of each name, in lower case; what cannot be read, and other parameters, say nothing."""
    found: dict[str, float] = {}
    for element in header[:_MOST_CHARACTERS].lower().split(","):
        name, *parameters = (part.strip() for part in element.split(";"))
        weight = next((part for part in parameters if part.startswith("q=")), "q=1")
        match = _WEIGHT.fullmatch(weight)
        if name and match is not None:
            found[name] = float(match[1])
    return found
