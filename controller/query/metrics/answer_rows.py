"""Rows of an answer: one for each point and group, with a key for each dimension and each metric."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from google.protobuf import struct_pb2

from loadcell.channel import MAX_MESSAGE_BYTES
from loadcell.errors import LoadcellError
from loadcell.stats.columns import Floats, Ints

TIMESTAMP = "timestamp"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ROWS_AT_ONCE = 5_000
# Of a message that also has an envelope.
_MAX_BYTES = MAX_MESSAGE_BYTES - 64 * 1024


def time_texts(micros: Ints) -> list[str]:
    """Return points in time as RFC 3339."""
    texts = {time: _text(time) for time in np.unique(micros).tolist()}
    return [texts[time] for time in micros.tolist()]


def _text(micros: int) -> str:
    moment = _EPOCH + timedelta(microseconds=micros)
    return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")


def add_rows(
    data: Any,
    time: Ints,
    groups: Sequence[Sequence[str | None]],
    dimensions: Sequence[str],
    columns: Iterable[tuple[str, Floats]],
) -> None:
    """Add rows to a repeated field of Struct.

    Args:
        data: the field.
        time: of each row, microseconds since 1970.
        groups: values of the dimensions of each row.
        dimensions: their names.
        columns: key and values of each metric; NaN becomes null.

    Raises:
        LoadcellError: LIMIT_EXCEEDED, they do not fit into a message.
    """
    named = [(name, values.tolist()) for name, values in columns]
    size = 0
    for number, text in enumerate(time_texts(time)):
        row = data.add()
        fields = row.fields
        fields[TIMESTAMP].string_value = text
        for name, value in zip(dimensions, groups[number], strict=True):
            if value is None:
                fields[name].null_value = struct_pb2.NULL_VALUE
            else:
                fields[name].string_value = value
        for name, values in named:
            figure = values[number]
            if figure != figure:  # noqa: PLR0124 - NaN
                fields[name].null_value = struct_pb2.NULL_VALUE
            else:
                fields[name].number_value = figure
        if number % _ROWS_AT_ONCE == 0:
            # All rows are about as large.
            size = row.ByteSize() + 4
            _check(size * len(time))


def _check(size: int) -> None:
    if size > _MAX_BYTES:
        raise LoadcellError(
            "LIMIT_EXCEEDED",
            f"the answer has about {size / 2**20:,.0f} MiB, at most {_MAX_BYTES / 2**20:,.0f} fit; ask for a"
            " longer interval, less time, fewer metrics or fewer dimensions",
            field="interval",
        )
