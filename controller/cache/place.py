"""What the places have in common where answers are kept."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Found(NamedTuple):
    """What a place has under a key, and the generation it is in: it changes when everything is forgotten."""

    value: bytes | None
    generation: bytes


class Place(Protocol):
    """Where answers are kept. Nothing here raises: a place that is away has nothing and takes nothing."""

    @property
    def size(self) -> int | None:
        """What the answers take in this process, in bytes; None: they are elsewhere."""

    async def get(self, key: str) -> Found:
        """Return what is kept under a key."""

    async def put(self, key: str, value: bytes, seconds: float, generation: bytes) -> None:
        """Keep a value for some seconds, unless everything was forgotten since `generation` was found."""

    async def forget(self) -> None:
        """Forget everything."""
