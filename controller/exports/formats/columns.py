"""The columns of a file, and what stands in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from controller.query.traces.fields import FIELDS, Kind
from controller.query.traces.record import Record
from controller.query.traces.selection import Selected

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Numbers that are counted; the others are measured.
COUNTED = frozenset({"prompt_tokens", "completion_tokens", "total_tokens", "level", "http_status"})


@dataclass(frozen=True, slots=True)
class Column:
    """A field of traces, or one key of a field that is an object."""

    name: str
    key: str | None
    kind: Kind

    @property
    def title(self) -> str:
        """The name as it is asked for: `attributes.team`."""
        return self.name if self.key is None else f"{self.name}.{self.key}"

    def value(self, record: Record) -> Any:
        """Return what a trace has here, None when it has nothing; times are microseconds since 1970."""
        value = record.get(self.name)
        return value if self.key is None or value is None else value.get(self.key)


class RowWriter(Protocol):
    """Writes traces into a sink that somebody else closes."""

    def write(self, records: Sequence[Record]) -> None:
        """Write traces after those before."""
        ...

    def finish(self) -> None:
        """Write what belongs at the end."""
        ...


def columns_of(selected: Sequence[Selected]) -> tuple[Column, ...]:
    """Return the columns of selected fields in their order, of every field without any."""
    if not selected:
        return tuple(Column(field.name, None, field.kind) for field in FIELDS.values())
    return tuple(Column(one.field.name, one.key, one.field.kind) for one in selected)


def instant(micros: int) -> datetime:
    """Return the instant of a time in microseconds since 1970 UTC."""
    return _EPOCH + timedelta(microseconds=micros)


def time_text(micros: int) -> str:
    """Return a time as RFC 3339 with microseconds, as in every answer."""
    return instant(micros).isoformat(timespec="microseconds").replace("+00:00", "Z")
