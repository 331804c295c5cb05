"""Text of strangers made fit for a result: bounded, printable, without our credentials and personal data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loadcell.redaction import MARK, Kind, redact

MAX_CHARACTERS = 512
REDACTED = f"{MARK}]"
# In messages of failures addresses say who could not be reached.
_IN_MESSAGES = frozenset(Kind) - {Kind.IP}

# Shorter ones are no secrets, and replacing them would mangle any text.
_SHORTEST_VALUE = 4
_SHORTEST_PART = 8


def secrets_of(header_values: Iterable[str]) -> Iterator[str]:
    """Yield what must not be repeated of headers: the values, and their parts, as the X of "Bearer X"."""
    for value in header_values:
        if len(value) >= _SHORTEST_VALUE:
            yield value
        yield from (part for part in value.split() if len(part) >= _SHORTEST_PART)


class Sanitizer:
    """Replaces the secrets given, the longest first, and personal data when it is asked to."""

    __slots__ = ("_personal", "_secrets")

    def __init__(self, secrets: Iterable[str], *, personal: bool = False) -> None:
        self._secrets = sorted({s for s in secrets if s}, key=len, reverse=True)
        self._personal = personal

    def __call__(self, text: str, limit: int = MAX_CHARACTERS) -> str:
        """Return the text in at most `limit` characters, on one line, without control characters or secrets."""
        text = self.beginning(text, 4 * limit, _IN_MESSAGES)
        text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return text if len(text) <= limit else text[: limit - 3] + "..."

    def beginning(self, text: str, limit: int, kinds: Iterable[Kind] = Kind) -> str:
        """Return at most `limit` characters of the text, without secrets and these kinds of personal data."""
        # Secrets first, and in the uncut text: half a key at the end of a cut text would get through.
        for secret in self._secrets:
            text = text.replace(secret, REDACTED)
        return redact(text, limit, kinds=kinds) if self._personal else text[:limit]
