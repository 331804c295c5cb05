"""Labels of runs, which are in the configuration: only we can read it, but the engine can pass over almost all."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, func

from controller.store.schema import benchmark_runs
from loadcell.v1 import result_pb2


def may_have_label(connection: Connection, key: str, value: str | None = None) -> ColumnElement[bool]:
    """Whether a run may have a label, with a value unless that is None; false: it has not.

    A configuration with a label has the bytes of the label in it.
    """
    found = func.instr if connection.dialect.name == "sqlite" else func.pg_catalog.position
    label = result_pb2.RunConfig.LabelsEntry(key=key, value=value or "")
    return found(benchmark_runs.c.config, label.SerializeToString()) > 0
