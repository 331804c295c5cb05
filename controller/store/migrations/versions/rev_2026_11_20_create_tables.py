"""Create the tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create every table and index."""
    op.create_table(
        "agents",
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("hostname", sa.Text(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("worker_count", sa.Integer(), nullable=False),
        sa.Column("software_version", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("calibration", sa.LargeBinary()),
        sa.Column("kernel_timestamps", sa.Boolean(), nullable=False),
        sa.Column("draining", sa.Boolean(), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("clock_offset_micros", sa.Float()),
        sa.Column("clock_uncertainty_micros", sa.Float()),
        sa.PrimaryKeyConstraint("agent_id"),
    )
    op.create_table(
        "assets",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "batches",
        sa.Column("lease_key", _KEY, autoincrement=False, nullable=False),
        sa.Column("batch_number", sa.BigInteger(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("sketches", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("lease_key", "batch_number"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "benchmark_runs",
        sa.Column("run_key", _KEY, nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text()),
        sa.Column("log_request_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("server_url", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("adapter", sa.Text(), nullable=False),
        sa.Column("config", sa.LargeBinary(), nullable=False),
        sa.Column("needs_secrets", sa.Boolean(), nullable=False),
        sa.Column("probed", sa.Boolean(), nullable=False),
        sa.Column("pin_output", sa.Boolean(), nullable=False),
        sa.Column("words_per_token", sa.Float(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("completed_at", sa.BigInteger()),
        sa.Column("error", sa.Text()),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text()),
        sa.Column("owner_expires_at", sa.BigInteger()),
        sa.Column("result", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("run_key"),
        sa.UniqueConstraint("request_id", name="uq_benchmark_runs_request_id"),
        sa.UniqueConstraint("run_id", name="uq_benchmark_runs_run_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("idx_benchmark_runs_created_at", "benchmark_runs", [sa.literal_column("created_at DESC")])
    op.create_index("idx_benchmark_runs_model", "benchmark_runs", ["model"])
    op.create_index("idx_benchmark_runs_status", "benchmark_runs", ["status"])
    op.create_index(
        "idx_benchmark_runs_status_created", "benchmark_runs", ["status", sa.literal_column("created_at DESC")]
    )
    op.create_table(
        "trace_errors",
        sa.Column("run_key", _KEY, autoincrement=False, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("warmup", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("lease_key", _KEY, autoincrement=False, nullable=False),
        sa.Column("error_class", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_key", "level", "warmup", "ordinal", "lease_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "trace_timelines",
        sa.Column("run_key", _KEY, autoincrement=False, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("warmup", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("lease_key", _KEY, autoincrement=False, nullable=False),
        sa.Column("timeline", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("run_key", "level", "warmup", "ordinal", "lease_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "traces",
        sa.Column("run_key", _KEY, autoincrement=False, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("warmup", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("lease_key", _KEY, autoincrement=False, nullable=False),
        sa.Column("scheduled_offset_micros", sa.BigInteger(), nullable=False),
        sa.Column("start_offset_micros", sa.BigInteger(), nullable=False),
        sa.Column("dns_micros", sa.BigInteger(), nullable=False),
        sa.Column("connect_micros", sa.BigInteger(), nullable=False),
        sa.Column("tls_micros", sa.BigInteger(), nullable=False),
        sa.Column("ttft_micros", sa.BigInteger(), nullable=False),
        sa.Column("ttfot_micros", sa.BigInteger(), nullable=False),
        sa.Column("e2e_micros", sa.BigInteger(), nullable=False),
        sa.Column("prompt_tokens", sa.BigInteger(), nullable=False),
        sa.Column("completion_tokens", sa.BigInteger(), nullable=False),
        sa.Column("reasoning_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cached_tokens", sa.BigInteger(), nullable=False),
        sa.Column("first_event_tokens", sa.BigInteger(), nullable=False),
        sa.Column("event_count", sa.BigInteger(), nullable=False),
        sa.Column("token_source", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("error_class", sa.BigInteger(), nullable=False),
        sa.Column("http_status", sa.BigInteger(), nullable=False),
        sa.Column("client_delay_micros", sa.BigInteger(), nullable=False),
        sa.Column("stall_count", sa.BigInteger(), nullable=False),
        sa.Column("longest_stall_micros", sa.BigInteger(), nullable=False),
        sa.Column("reused", sa.BigInteger(), nullable=False),
        sa.Column("coalesced_reads", sa.BigInteger(), nullable=False),
        sa.Column("read_count", sa.BigInteger(), nullable=False),
        sa.Column("requested_tokens", sa.BigInteger(), nullable=False),
        sa.Column("tpot_micros", sa.Float(), nullable=False),
        sa.Column("finish_reason", sa.Text()),
        sa.PrimaryKeyConstraint("run_key", "level", "warmup", "ordinal", "lease_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "asset_pieces",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("piece", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["assets.sha256"]),
        sa.PrimaryKeyConstraint("sha256", "piece"),
    )
    op.create_table(
        "leases",
        sa.Column("lease_key", _KEY, nullable=False),
        sa.Column("lease_id", sa.Text(), nullable=False),
        sa.Column("run_key", _KEY, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("share_index", sa.Integer(), nullable=False),
        sa.Column("share_count", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("committed_batch_number", sa.BigInteger(), nullable=False),
        sa.Column("last_batch_number", sa.BigInteger(), nullable=False),
        sa.Column("health", sa.LargeBinary()),
        sa.Column("timestamp_source", sa.Text(), nullable=False),
        sa.Column("start_micros", sa.BigInteger(), nullable=False),
        sa.Column("end_offset_micros", sa.BigInteger(), nullable=False),
        sa.Column("ramp_down_offset_micros", sa.BigInteger(), nullable=False),
        sa.Column("worker_count", sa.Integer(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("clock_offset_micros", sa.Float()),
        sa.Column("clock_uncertainty_micros", sa.Float()),
        sa.ForeignKeyConstraint(["run_key"], ["benchmark_runs.run_key"]),
        sa.PrimaryKeyConstraint("lease_key"),
        sa.UniqueConstraint("lease_id", name="uq_leases_lease_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("idx_leases_agent", "leases", ["agent_id"])
    op.create_index("idx_leases_run", "leases", ["run_key", "level"])
    op.create_table(
        "run_levels",
        sa.Column("run_key", _KEY, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("plan", sa.LargeBinary(), nullable=False),
        sa.Column("start_micros", sa.BigInteger(), nullable=False),
        sa.Column("finished", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["run_key"], ["benchmark_runs.run_key"]),
        sa.PrimaryKeyConstraint("run_key", "level"),
    )


def downgrade() -> None:
    """Drop everything."""
    op.drop_table("run_levels")
    op.drop_index("idx_leases_run", table_name="leases")
    op.drop_index("idx_leases_agent", table_name="leases")
    op.drop_table("leases")
    op.drop_table("asset_pieces")
    op.drop_table("traces")
    op.drop_table("trace_timelines")
    op.drop_table("trace_errors")
    op.drop_index("idx_benchmark_runs_status_created", table_name="benchmark_runs")
    op.drop_index("idx_benchmark_runs_status", table_name="benchmark_runs")
    op.drop_index("idx_benchmark_runs_model", table_name="benchmark_runs")
    op.drop_index("idx_benchmark_runs_created_at", table_name="benchmark_runs")
    op.drop_table("benchmark_runs")
    op.drop_table("batches")
    op.drop_table("assets")
    op.drop_table("agents")
