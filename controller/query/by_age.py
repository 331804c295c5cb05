"""Pages of what is listed from the oldest on: its place is (created_at, identifier)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from controller.query import cursor


class _Created(Protocol):
    @property
    def created_at(self) -> int: ...


T = TypeVar("T", bound=_Created)


class PageByAge:
    """One page that was asked for.

    Args:
        name: What is listed: a cursor is good for that alone.
        limit: Page size asked for, None for the usual one.
        text: The cursor of the page before, "" for the first.

    Attributes:
        limit: How many to read: one more than the page has, to see whether there are others.
        after: The place it begins behind.

    Raises:
        LoadcellError: LIMIT_EXCEEDED, INVALID_CURSOR.
    """

    def __init__(self, name: str, limit: int | None, text: str) -> None:
        self._name = name
        self.limit = cursor.page_size(limit) + 1
        created_at, identifier = cursor.decode(text, name, (int, str)) if text else (0, "")
        self.after = (int(created_at), str(identifier))

    def cut(self, found: Sequence[T], identifier: Callable[[T], str]) -> tuple[Sequence[T], str]:
        """Return the page of what was read, and the cursor of the next one, "" on the last."""
        page = found[: self.limit - 1]
        if len(found) < self.limit:
            return page, ""
        return page, cursor.encode(self._name, [page[-1].created_at, identifier(page[-1])])
