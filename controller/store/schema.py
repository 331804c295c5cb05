"""The tables of runs. Times are microseconds since 1970 UTC; -1 means "not defined" in the columns of traces.

Rows of `traces` are clustered by their key, so writing is nearly appending, a level is one range and a single
request is one look-up. The other indexes go by time as well: only their ends change while load is being made.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    TypeDecorator,
    UniqueConstraint,
    case,
    event,
    false,
    func,
    text,
)
from sqlalchemy import Text as PlainText

metadata = MetaData()


class Text(TypeDecorator[str]):
    """Any text. PostgreSQL takes none with a NUL; what is sent to us may have one."""

    impl = PlainText
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - the interface
        """Put the character that stands for what cannot be shown in the place of NUL."""
        return None if value is None else value.replace("\0", "\N{REPLACEMENT CHARACTER}")


# SQLite numbers rows by itself only in a column whose type is spelled INTEGER.
Key = BigInteger().with_variant(Integer(), "sqlite")

benchmark_runs = Table(
    "benchmark_runs",
    metadata,
    Column("run_key", Key, primary_key=True),  # day and number of the day, see `runs.next_key`
    Column("run_id", Text, nullable=False),
    Column("request_id", Text),  # idempotency key of the client
    Column("log_request_id", Text, nullable=False),  # x-request-id of the call that created the run
    Column("status", Text, nullable=False),  # public word of the state
    Column("state", Integer, nullable=False),  # RunState
    Column("server_url", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("adapter", Text, nullable=False),
    Column("config", LargeBinary, nullable=False),  # RunConfig, without secrets
    Column("needs_secrets", Boolean, nullable=False),
    Column("probed", Boolean, nullable=False),
    Column("pin_output", Boolean, nullable=False),
    Column("words_per_token", Float, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("completed_at", BigInteger),
    Column("error", Text),
    Column("notes", Text, nullable=False),  # JSON array of sentences
    Column("context_key", BigInteger, nullable=False, server_default="0"),  # what its requests are counted under
    Column("baseline", Boolean, nullable=False, server_default=false()),  # others are compared with it
    Column("remark", Text, nullable=False, server_default=""),  # of its owner
    Column("owner", Text),  # controller process that drives the run
    Column("owner_expires_at", BigInteger),
    Column("secrets", LargeBinary),  # of the target, sealed by controller.vault; NULL once the run has ended
    Column("result", LargeBinary),  # RunResult; last, so that other columns are read without it
    UniqueConstraint("run_id", name="uq_benchmark_runs_run_id"),
    UniqueConstraint("request_id", name="uq_benchmark_runs_request_id"),
    sqlite_autoincrement=True,  # a key is never used again, so late rows of a deleted run find no new home
)
Index("idx_benchmark_runs_created_at", benchmark_runs.c.created_at.desc())
Index("idx_benchmark_runs_status", benchmark_runs.c.status)
Index("idx_benchmark_runs_status_created", benchmark_runs.c.status, benchmark_runs.c.created_at.desc())
Index("idx_benchmark_runs_model", benchmark_runs.c.model)
Index("idx_benchmark_runs_completed_at", benchmark_runs.c.completed_at, benchmark_runs.c.run_key)
Index("idx_benchmark_runs_started_at", benchmark_runs.c.started_at, benchmark_runs.c.run_key)
Index("idx_benchmark_runs_server_url", benchmark_runs.c.server_url, benchmark_runs.c.run_key)
Index("idx_benchmark_runs_context", benchmark_runs.c.context_key, benchmark_runs.c.created_at)
# From when a run was created until it ended, for PostgreSQL to find those that were going on at some time.
TIME_OF_RUN = func.int8range(
    benchmark_runs.c.created_at,
    case(
        (
            benchmark_runs.c.completed_at.is_not(None),
            func.greatest(benchmark_runs.c.created_at, benchmark_runs.c.completed_at),
        )
    ),
    text("'[]'"),
)


def _index_times(_: Table, connection: Connection, **__: Any) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(
            text(
                "CREATE INDEX idx_benchmark_runs_time ON benchmark_runs USING gist (int8range(created_at,"
                " CASE WHEN completed_at IS NOT NULL THEN greatest(created_at, completed_at) END, '[]'))"
            )
        )


event.listen(benchmark_runs, "after_create", _index_times)

run_levels = Table(
    "run_levels",
    metadata,
    Column("run_key", Key, ForeignKey("benchmark_runs.run_key"), primary_key=True),
    Column("level", Integer, primary_key=True),
    Column("plan", LargeBinary, nullable=False),  # LevelPlan
    Column("start_micros", BigInteger, nullable=False),  # 0 before the level started
    Column("finished", Boolean, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("lease_key", Key, primary_key=True),
    Column("lease_id", Text, nullable=False),
    Column("run_key", Key, ForeignKey("benchmark_runs.run_key"), nullable=False),
    Column("level", Integer, nullable=False),
    Column("share_index", Integer, nullable=False),
    Column("share_count", Integer, nullable=False),
    Column("agent_id", Text, nullable=False),
    Column("state", Integer, nullable=False),  # LeaseState
    Column("error", Text, nullable=False),
    Column("committed_batch_number", BigInteger, nullable=False),
    Column("last_batch_number", BigInteger, nullable=False),
    Column("health", LargeBinary),  # WorkerHealth
    Column("timestamp_source", Text, nullable=False),
    Column("start_micros", BigInteger, nullable=False),
    Column("end_offset_micros", BigInteger, nullable=False),
    Column("ramp_down_offset_micros", BigInteger, nullable=False),
    Column("worker_count", Integer, nullable=False),
    Column("notes", Text, nullable=False),  # JSON array of sentences
    Column("clock_offset_micros", Float),
    Column("clock_uncertainty_micros", Float),
    Column("first_ordinal", BigInteger, nullable=False, server_default="0"),
    Column("end_ordinal", BigInteger),  # from here on the share was given to others
    Column("succeeds", BigInteger),  # lease_key of the lease this one takes over from
    UniqueConstraint("lease_id", name="uq_leases_lease_id"),
    sqlite_autoincrement=True,
)
Index("idx_leases_run", leases.c.run_key, leases.c.level)
Index("idx_leases_agent", leases.c.agent_id)

batches = Table(
    "batches",
    metadata,
    Column("lease_key", Key, primary_key=True, autoincrement=False),
    Column("batch_number", BigInteger, primary_key=True),
    Column("row_count", Integer, nullable=False),
    Column("sketches", LargeBinary, nullable=False),  # SampleColumns with nothing but sketches
    sqlite_with_rowid=False,
)

# The partitions themselves are no part of the metadata: they come and go by the day, see `partitions`.
BY_RUN = "RANGE (run_key)"


def request_key() -> list[Column[int]]:
    """Columns that name one request; the lease tells apart two agents that executed the same ordinal."""
    return [
        Column("run_key", Key, primary_key=True, autoincrement=False),
        Column("level", Integer, primary_key=True),
        Column("warmup", Integer, primary_key=True),
        Column("ordinal", BigInteger, primary_key=True),
        Column("lease_key", Key, primary_key=True, autoincrement=False),
    ]


# Measured integer columns in the order of sample.proto; the names are those of SampleColumns.
INTEGER_COLUMNS = (
    "scheduled_offset_micros",
    "start_offset_micros",
    "dns_micros",
    "connect_micros",
    "tls_micros",
    "ttft_micros",
    "ttfot_micros",
    "e2e_micros",
    "prompt_tokens",
    "completion_tokens",
    "reasoning_tokens",
    "cached_tokens",
    "first_event_tokens",
    "event_count",
    "token_source",
    "status",
    "error_class",
    "http_status",
    "client_delay_micros",
    "stall_count",
    "longest_stall_micros",
    "reused",
    "coalesced_reads",
    "read_count",
    "requested_tokens",
)

traces = Table(
    "traces",
    metadata,
    *request_key(),
    *(Column(name, BigInteger, nullable=False) for name in INTEGER_COLUMNS),
    Column("tpot_micros", Float, nullable=False),
    Column("finish_reason", Text),
    Column("ts", BigInteger, nullable=False),  # when it was started
    Column("context_key", BigInteger, nullable=False),
    Column("prompt_cost", BigInteger, nullable=False),  # nano-USD
    Column("completion_cost", BigInteger, nullable=False),  # nano-USD
    postgresql_partition_by=BY_RUN,
    sqlite_with_rowid=False,
)
Index("idx_traces_ts", traces.c.ts)
Index("idx_traces_context", traces.c.context_key, traces.c.ts)
# With all that a walk through them asks for: a row is read only when it is shown.
_WALKED = (traces.c.ts, traces.c.context_key, traces.c.status)
_ERROR = traces.c.status == 2
Index("idx_traces_errors", *_WALKED, sqlite_where=_ERROR, postgresql_where=_ERROR)
Index("idx_traces_context_errors", traces.c.context_key, traces.c.ts, sqlite_where=_ERROR, postgresql_where=_ERROR)
_UNSET = traces.c.status > 2
Index("idx_traces_unset", *_WALKED, sqlite_where=_UNSET, postgresql_where=_UNSET)

trace_timelines = Table(
    "trace_timelines",
    metadata,
    *request_key(),
    Column("timeline", LargeBinary, nullable=False),  # encoding: SampleColumns.timelines
    postgresql_partition_by=BY_RUN,
    sqlite_with_rowid=False,
)

trace_errors = Table(
    "trace_errors",
    metadata,
    *request_key(),
    Column("error_class", Integer, nullable=False),
    Column("message", Text, nullable=False),
    postgresql_partition_by=BY_RUN,
    sqlite_with_rowid=False,
)

agents = Table(
    "agents",
    metadata,
    Column("agent_id", Text, primary_key=True),
    Column("hostname", Text, nullable=False),
    Column("labels", Text, nullable=False),  # JSON object
    Column("worker_count", Integer, nullable=False),
    Column("software_version", Text, nullable=False),
    Column("host", Text, nullable=False),  # JSON object
    Column("calibration", LargeBinary),  # Calibration
    Column("kernel_timestamps", Boolean, nullable=False),
    Column("draining", Boolean, nullable=False),
    Column("registered_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    Column("clock_offset_micros", Float),
    Column("clock_uncertainty_micros", Float),
    Column("clock_steps", Integer, nullable=False, server_default="0"),
    Column("connected_to", Text),  # controller process it was last connected to
)

agent_tokens = Table(
    "agent_tokens",
    metadata,
    Column("token_id", Text, primary_key=True),
    Column("token_hash", Text, nullable=False),  # SHA-256, hex
    Column("prefix", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("agent_id", Text),  # the only agent it admits, once one has used it
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("last_used_at", BigInteger),
    UniqueConstraint("token_hash", name="uq_agent_tokens_token_hash"),
)

assets = Table(
    "assets",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("kind", Integer, nullable=False),  # AssetKind
    Column("filename", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

# Who may use a file: a project one of whose callers has uploaded it, or one of whose runs uses it.
asset_projects = Table(
    "asset_projects",
    metadata,
    # By the database itself: controllers of an older release delete files as well.
    Column("sha256", Text, ForeignKey("assets.sha256", ondelete="CASCADE"), primary_key=True),
    Column("project_id", Text, primary_key=True),
)

asset_pieces = Table(
    "asset_pieces",
    metadata,
    Column("sha256", Text, ForeignKey("assets.sha256"), primary_key=True),
    Column("piece", Integer, primary_key=True),
    Column("data", LargeBinary, nullable=False),  # at most 1 MiB
)
