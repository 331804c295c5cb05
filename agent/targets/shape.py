"""The shape that the events of one stream share: everything but the generated text."""

from __future__ import annotations

import re

_TEXT_FIELD = re.compile(rb'"(?:content|text|reasoning_content|reasoning)": ?"([^"\\]+)"')


def learn(data: bytes, text: str) -> tuple[bytes, bytes]:
    """Return what stands before and after the text in an event that was decoded to it.

    Another event that has the same beginning and end and, between them, at least one byte but neither a quote nor
    a backslash, differs from the decoded one in nothing but the value of that one string. So it need not be
    decoded, which saves most of the time that reading an answer takes.

    Both are empty if it is not clear where the text stands.
    """
    found = _TEXT_FIELD.search(data)
    if found is None or found[1] != text.encode():
        return b"", b""
    return data[: found.start(1)], data[found.end(1) :]
