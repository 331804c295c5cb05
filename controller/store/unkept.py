"""Refuses questions that only single requests answer where not all of them were kept (decision 0012)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, bindparam, or_, select

from controller.query.metrics.spans import Edge
from controller.store.raw_rows import raw_rows
from controller.store.schema_sums import batch_rollups
from loadcell.errors import LoadcellError
from loadcell.stats.rollup import MINUTE

CONTEXT_KEY = batch_rollups.c.context_key
_MINUTE_MICROS = MINUTE * 1_000_000
_REMEMBERED = 64  # statements


def refuse_unkept(
    connection: Connection,
    edges: Sequence[Edge],
    of: Sequence[ColumnElement[bool]],
    given: Mapping[str, Any] | None = None,
) -> None:
    """Check that all requests that began in ranges of time were kept.

    Args:
        connection: where to look.
        edges: the ranges.
        of: conditions on CONTEXT_KEY, the same objects for questions alike: their statement is built once.
        given: the parameters of these.

    Raises:
        LoadcellError: REQUESTS_NOT_KEPT.
    """
    if not edges:
        return
    asked = {
        f"unkept_{name}_{place}": at // _MINUTE_MICROS
        for place, edge in enumerate(edges)
        for name, at in (("first", edge.start), ("last", edge.end - 1))
    }
    if raw_rows(connection, _unkept(len(edges), tuple(of)), {**(given or {}), **asked}):
        raise LoadcellError(
            "REQUESTS_NOT_KEPT",
            "only single requests answer this, and of a run in this time not all were kept (trace_sample_rate,"
            " sketch_only); sums are kept by the minute: ask for whole minutes, without what only requests tell",
        )


@lru_cache(maxsize=_REMEMBERED)
def _unkept(edges: int, of: tuple[ColumnElement[bool], ...]) -> Executable:
    bucket = batch_rollups.c.bucket
    began = (
        bucket.between(bindparam(f"unkept_first_{place}"), bindparam(f"unkept_last_{place}"))
        for place in range(edges)
    )
    return select(bucket).where(or_(*began), *of).limit(1)
