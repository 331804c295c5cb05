"""Reads the counters we know out of a page in the Prometheus text format. Pure.

The line format is small, and a page may have megabytes of series that nobody compares: lines of other metrics are
passed over by their first characters.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from loadcell.server_metrics import MAX_SERIES, NAMES
from loadcell.v1 import agent_pb2

_LONGEST_LINE = 4_096
_MOST_BYTES = 1024 * 1024  # of what is told of a page: it goes through the session, with the heartbeats
_LONGEST_VALUE = 256
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*,?')
_ESCAPED = re.compile(r"\\(.)")


def read_series(page: bytes) -> list[agent_pb2.ServerSeries]:
    """Return the counters of a page that are compared, in its order; malformed lines are passed over.

    Raises:
        ValueError: There are more than a page of one server can have.
    """
    found: list[agent_pb2.ServerSeries] = []
    size = 0
    for line in page.decode("utf-8", "replace").splitlines():
        for series in _series(line):
            found.append(series)
            size += series.ByteSize()
        if len(found) > MAX_SERIES or size > _MOST_BYTES:
            raise ValueError(
                f"the page has more than {MAX_SERIES:,} series of these counters, or more than a megabyte of them"
            )
    return found


def _series(line: str) -> Iterator[agent_pb2.ServerSeries]:
    """Yield the series of a line, if it has one that is looked for."""
    name = _NAME.match(line)
    if name is None or name[0] not in NAMES or len(line) > _LONGEST_LINE:
        return
    labels: dict[str, str] = {}
    at = name.end()
    if line[at : at + 1] == "{":
        at += 1
        while (label := _LABEL.match(line, at)) is not None:
            labels[label[1]] = _ESCAPED.sub(_meant, label[2])[:_LONGEST_VALUE]
            at = label.end()
        if line[at : at + 1] != "}":
            return
        at += 1
    words = line[at:].split()
    try:
        value = float(words[0])
    except (IndexError, ValueError):
        return
    if math.isfinite(value) and value >= 0:
        yield agent_pb2.ServerSeries(name=name[0], labels=labels, value=value)


def _meant(escaped: re.Match[str]) -> str:
    return "\n" if escaped[1] == "n" else escaped[1]
