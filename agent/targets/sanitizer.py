"""Text of strangers made fit for a result: bounded, printable, without our credentials."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

MAX_CHARACTERS = 512
REDACTED = "[redacted]"


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
    """Replaces the secrets given, the longest first."""

    __slots__ = ("_secrets",)

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = sorted({s for s in secrets if s}, key=len, reverse=True)

    def __call__(self, text: str, limit: int = MAX_CHARACTERS) -> str:
        """Return the text in at most `limit` characters, on one line, without control characters or secrets."""
        # Secrets first, and in the uncut text: half a key at the end of a cut text would get through.
        text = self.redact(text)
        text = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * limit]).split())
        return text if len(text) <= limit else text[: limit - 3] + "..."

    def redact(self, text: str) -> str:
        """Return the text without secrets, otherwise as it is."""
        for secret in self._secrets:
            text = text.replace(secret, REDACTED)
        return text
