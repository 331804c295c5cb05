"""Refuses questions that only single requests answer where not all of them were kept (decision 0012)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select

from controller.query.metrics.spans import Edge
from controller.store.schema_sums import batch_rollups
from loadcell.errors import LoadcellError
from loadcell.stats.rollup import MINUTE

CONTEXT_KEY = batch_rollups.c.context_key
_MINUTE_MICROS = MINUTE * 1_000_000


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
        of: conditions on CONTEXT_KEY.
        given: the parameters of these.

    Raises:
        LoadcellError: REQUESTS_NOT_KEPT.
    """
    if not edges:
        return
    bucket = batch_rollups.c.bucket
    began = or_(
        *(bucket.between(edge.start // _MINUTE_MICROS, (edge.end - 1) // _MINUTE_MICROS) for edge in edges)
    )
    if connection.execute(select(bucket).where(began, *of).limit(1), given).first() is not None:
        raise LoadcellError(
            "REQUESTS_NOT_KEPT",
            "only single requests answer this, and of a run in this time not all were kept (trace_sample_rate,"
            " sketch_only); sums are kept by the minute: ask for whole minutes, without what only requests tell",
        )
