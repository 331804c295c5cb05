"""What a test leaves open: the garbage collector finds it at some time, in whatever test runs then.

Here transports of asyncio are found when their event loop is closed, which is at the end of the test or the module
that opened them, and everything else that warns when the collector is asked to look.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
import weakref
from typing import Any


class OpenTransports:
    """Knows every transport from its making on."""

    def __init__(self) -> None:
        self._made: weakref.WeakSet[asyncio.BaseTransport] = weakref.WeakSet()
        self._reported: list[asyncio.BaseTransport] = []  # kept, so that none is reported again
        plain = asyncio.BaseTransport.__init__

        def noted(transport: asyncio.BaseTransport, *arguments: Any, **keywords: Any) -> None:
            plain(transport, *arguments, **keywords)
            self._made.add(transport)

        asyncio.BaseTransport.__init__ = noted  # type: ignore[method-assign]

    def left_open(self) -> list[str]:
        """Return what each transport that is open though its loop is closed says of itself, each only once."""
        found: list[str] = []
        for transport in list(self._made):
            loop = getattr(transport, "_loop", None)
            if loop is None or not loop.is_closed():
                continue
            self._made.discard(transport)
            before = len(found)
            with contextlib.suppress(RuntimeError):  # what it would do after its warning needs the loop
                transport.__del__(lambda text, *_rest, **_more: found.append(text))  # type: ignore[attr-defined]
            if len(found) > before:
                self._reported.append(transport)
        return found


def collected() -> list[str]:
    """Collect garbage; return what it says of itself where warnings are errors."""
    found: list[str] = []
    usual, sys.unraisablehook = sys.unraisablehook, lambda seen: found.append(repr(seen.exc_value))
    try:
        gc.collect()
    finally:
        sys.unraisablehook = usual
    return found
