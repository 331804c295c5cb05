"""Database: transactions, connections, and the way of samples into it."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Dashboard

from scripts.boards.layout import CONTROLLER, OF_CONTROLLER, Row, board
from scripts.boards.panels import THIRD, Limits, Query, graph
from scripts.boards.promql import free_disk, per_second, quantile, quantiles

_SLOW = Limits(warning=1)


def make() -> Dashboard:
    """Return the board."""
    return board(
        "database",
        "Database",
        "Transactions and connections of the controllers, and how samples get into the database.",
        Row(
            "Transactions",
            (
                graph(
                    "Transactions",
                    "Transactions per second by operation: write, read, look_up (who calls).",
                    "ops",
                    Query(
                        per_second("db_queries_total", OF_CONTROLLER, by="operation"),
                        "{{operation}}",
                    ),
                ),
                graph(
                    "How long they take",
                    "95th percentile from begin to commit by operation, with what was tried again.",
                    "s",
                    Query(
                        quantile("db_query_duration_seconds", 0.95, OF_CONTROLLER, by="operation"), "{{operation}}"
                    ),
                    limits=_SLOW,
                ),
                graph(
                    "Errors",
                    "Transactions that failed although they were tried again, per second, by class of error.",
                    "ops",
                    Query(
                        per_second("db_errors_total", OF_CONTROLLER, by="error_type"),
                        "{{error_type}}",
                    ),
                ),
                graph(
                    "Tried again",
                    "Transactions per second that were tried again: the database was away, locked or in the way.",
                    "ops",
                    Query(
                        per_second("storage_retries_total", OF_CONTROLLER, by="instance"),
                        "{{instance}}",
                    ),
                ),
            ),
        ),
        Row(
            "Connections",
            (
                graph(
                    "Open connections",
                    "Connections of each pool by state, in use or idle.",
                    "short",
                    Query(f"sum by (pool, state) (db_pool_connections{{{OF_CONTROLLER}}})", "{{pool}} {{state}}"),
                    width=THIRD,
                    stacked=True,
                ),
                graph(
                    "Share in use",
                    "Connections in use of those that may be open, by controller and pool. A writer has one.",
                    "percentunit",
                    Query(f"instance_pool:db_pool_in_use:ratio{{{OF_CONTROLLER}}}", "{{instance}} {{pool}}"),
                    width=THIRD,
                    limits=Limits(warning=0.8),
                ),
                graph(
                    "Waiting for a connection",
                    "95th percentile of how long transactions waited, by pool.",
                    "s",
                    Query(
                        quantile("storage_connection_acquire_duration_seconds", 0.95, OF_CONTROLLER, by="pool"),
                        "{{pool}}",
                    ),
                    width=THIRD,
                    limits=Limits(critical=1),
                ),
            ),
        ),
        Row(
            "Disk",
            (
                graph(
                    "Room on the disk",
                    "Share of the disk that is free where a controller has its SQLite file, or its exports with"
                    " PostgreSQL.",
                    "percentunit",
                    Query(free_disk(OF_CONTROLLER), "{{instance}}"),
                    limits=Limits(warning=0.15, critical=0.05, low=True),
                ),
            ),
        ),
        Row(
            "Samples",
            (
                graph(
                    "Requests committed",
                    "Requests of runs that were committed, per second, by controller.",
                    "cps",
                    Query(
                        per_second("storage_items_written_total", OF_CONTROLLER, by="instance"),
                        "{{instance}}",
                    ),
                ),
                graph(
                    "Behind the load",
                    "Age of the newest request when it was committed, or of the batch that waits longest.",
                    "s",
                    Query(f"max by (instance) (loadcell_ingest_lag_seconds{{{OF_CONTROLLER}}})", "{{instance}}"),
                    limits=Limits(warning=10, critical=60),
                ),
                graph(
                    "Commits of batches",
                    "How long commits take, from begin to acknowledged.",
                    "s",
                    *quantiles("storage_write_duration_seconds", OF_CONTROLLER),
                    width=THIRD,
                ),
                graph(
                    "Requests of a batch",
                    "Quantiles of how many requests a batch has.",
                    "short",
                    *quantiles("storage_batch_size", OF_CONTROLLER),
                    width=THIRD,
                ),
                graph(
                    "Batches that wait",
                    "Batches that are decoded and not yet committed; at 64 agents are made to wait.",
                    "short",
                    Query(f"sum by (instance) (storage_buffer_size{{{OF_CONTROLLER}}})", "{{instance}}"),
                    width=THIRD,
                    limits=Limits(warning=48, critical=64),
                ),
            ),
        ),
        choices=(CONTROLLER,),
    )
