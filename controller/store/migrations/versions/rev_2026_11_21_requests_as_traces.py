"""Requests of all runs as one list: when they began, what they belong to, what they cost."""

from __future__ import annotations

import hashlib
import json

import sqlalchemy as sa
from alembic import op

from controller.store.prices import seed_prices

revision = "0005"
down_revision = "0004"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ERROR = sa.text("status = 2")
_ADDED = ("ts", "context_key", "prompt_cost", "completion_cost")


def upgrade() -> None:
    """Create the tables and give what is measured its time and its context; what it cost is not known."""
    connection = op.get_bind()
    _create_tables()
    op.add_column("benchmark_runs", sa.Column("context_key", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("benchmark_runs", sa.Column("baseline", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("benchmark_runs", sa.Column("remark", sa.Text(), nullable=False, server_default=""))
    for model, adapter in connection.execute(sa.text("SELECT DISTINCT model, adapter FROM benchmark_runs")).all():
        connection.execute(
            sa.text(
                "UPDATE benchmark_runs SET context_key = :context WHERE model = :model AND adapter = :adapter"
            ),
            {"context": _context(connection, model, adapter), "model": model, "adapter": adapter},
        )
    for name in _ADDED:
        op.add_column("traces", sa.Column(name, sa.BigInteger()))
    connection.execute(
        sa.text(
            "UPDATE traces SET prompt_cost = -1, completion_cost = -1,"
            " ts = start_offset_micros + (SELECT start_micros FROM run_levels AS l"
            " WHERE l.run_key = traces.run_key AND l.level = traces.level),"
            " context_key = (SELECT r.context_key FROM benchmark_runs AS r WHERE r.run_key = traces.run_key)"
        )
    )
    # Rows of a run that is just being deleted have no level any longer.
    connection.execute(sa.text("DELETE FROM traces WHERE ts IS NULL OR context_key IS NULL"))
    with op.batch_alter_table("traces", table_kwargs={"sqlite_with_rowid": False}) as batch:
        for name in _ADDED:
            batch.alter_column(name, existing_type=sa.BigInteger(), nullable=False)
    op.create_index("idx_traces_ts", "traces", ["ts"])
    op.create_index("idx_traces_context", "traces", ["context_key", "ts"])
    op.create_index("idx_traces_errors", "traces", ["ts"], sqlite_where=_ERROR, postgresql_where=_ERROR)
    seed_prices(connection)


def downgrade() -> None:
    """Drop them."""
    for name in ("idx_traces_errors", "idx_traces_context", "idx_traces_ts"):
        op.drop_index(name, "traces")
    with op.batch_alter_table("traces", table_kwargs={"sqlite_with_rowid": False}) as batch:
        for name in _ADDED:
            batch.drop_column(name)
    for name in ("remark", "baseline", "context_key"):
        op.drop_column("benchmark_runs", name)
    for table in (
        "events",
        "export_jobs",
        "budget_alerts",
        "budgets",
        "model_pricing",
        "feedback",
        "rollups",
        "context_tags",
        "contexts",
    ):
        op.drop_table(table)


def _context(connection: sa.Connection, model: str, adapter: str) -> int:
    """Store what the requests of earlier versions belong to: nothing but their model and kind."""
    operation = {"openai": "chat", "openai-completions": "completion"}.get(adapter, adapter)
    parts = ("default", "custom", model, "development", None, None, None, operation, ())
    digest = hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()
    key: int = connection.execute(
        sa.text(
            "INSERT INTO contexts (digest, project_id, provider, model, environment, operation_type, tags)"
            " VALUES (:digest, 'default', 'custom', :model, 'development', :operation, '[]') RETURNING context_key"
        ),
        {"digest": digest, "model": model, "operation": operation},
    ).scalar_one()
    return key


def _create_tables() -> None:
    op.create_table(
        "contexts",
        sa.Column("context_key", _KEY, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("service_name", sa.Text()),
        sa.Column("user_id", sa.Text()),
        sa.Column("session_id", sa.Text()),
        sa.Column("operation_type", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("context_key"),
        sa.UniqueConstraint("digest", name="uq_contexts_digest"),
    )
    op.create_index("idx_contexts_model", "contexts", ["model"])
    op.create_index("idx_contexts_project", "contexts", ["project_id"])
    op.create_index("idx_contexts_session", "contexts", ["session_id"])
    op.create_index("idx_contexts_user", "contexts", ["user_id"])
    op.create_table(
        "context_tags",
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("context_key", _KEY, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["context_key"], ["contexts.context_key"]),
        sa.PrimaryKeyConstraint("tag", "context_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rollups",
        sa.Column("grain", sa.Integer(), nullable=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False),
        sa.Column("context_key", _KEY, autoincrement=False, nullable=False),
        sa.Column("ok_count", sa.BigInteger(), nullable=False),
        sa.Column("error_count", sa.BigInteger(), nullable=False),
        sa.Column("prompt_tokens", sa.BigInteger(), nullable=False),
        sa.Column("completion_tokens", sa.BigInteger(), nullable=False),
        sa.Column("prompt_cost", sa.BigInteger(), nullable=False),
        sa.Column("completion_cost", sa.BigInteger(), nullable=False),
        sa.Column("duration_sum", sa.BigInteger(), nullable=False),
        sa.Column("duration_min", sa.BigInteger(), nullable=False),
        sa.Column("duration_max", sa.BigInteger(), nullable=False),
        sa.Column("ttft_sum", sa.BigInteger(), nullable=False),
        sa.Column("ttft_count", sa.BigInteger(), nullable=False),
        sa.Column("error_classes", sa.Text(), nullable=False),
        sa.Column("durations", sa.LargeBinary(), nullable=False),
        sa.Column("ttfts", sa.LargeBinary(), nullable=False),
        sa.Column("costs", sa.LargeBinary(), nullable=False),
        sa.Column("tokens", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("grain", "bucket", "context_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "feedback",
        sa.Column("feedback_id", _KEY, nullable=False),
        sa.Column("run_key", _KEY, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("warmup", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("lease_key", _KEY, nullable=False),
        sa.Column("score", sa.Float()),
        sa.Column("resolved", sa.Boolean()),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("feedback_id"),
    )
    op.create_index("idx_feedback_created_at", "feedback", ["created_at"])
    op.create_index("idx_feedback_request", "feedback", ["run_key", "level", "ordinal"])
    op.create_table(
        "model_pricing",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("effective_date", sa.Text(), nullable=False),
        sa.Column("prompt_nano", sa.BigInteger(), nullable=False),
        sa.Column("completion_nano", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "model", "effective_date"),
    )
    op.create_table(
        "budgets",
        sa.Column("budget_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("threshold_type", sa.Text(), nullable=False),
        sa.Column("warning_threshold", sa.Float(), nullable=False),
        sa.Column("critical_threshold", sa.Float(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("budget_id"),
    )
    op.create_index("idx_budgets_project", "budgets", ["project_id"])
    op.create_table(
        "budget_alerts",
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("budget_id", sa.Text(), nullable=False),
        sa.Column("period_start", sa.BigInteger(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("current_cost", sa.BigInteger(), nullable=False),
        sa.Column("threshold_value", sa.Float(), nullable=False),
        sa.Column("percentage_used", sa.Float(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("triggered_at", sa.BigInteger(), nullable=False),
        sa.Column("resolved_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["budget_id"], ["budgets.budget_id"]),
        sa.PrimaryKeyConstraint("alert_id"),
        sa.UniqueConstraint("budget_id", "period_start", "severity", name="uq_budget_alerts_once"),
    )
    op.create_table(
        "export_jobs",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("compression", sa.Text(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("completed_at", sa.BigInteger()),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("trace_count", sa.BigInteger()),
        sa.Column("file_size_bytes", sa.BigInteger()),
        sa.Column("sha256", sa.Text()),
        sa.Column("file_path", sa.Text()),
        sa.Column("error_message", sa.Text()),
        sa.Column("progress_percent", sa.Float(), nullable=False),
        sa.Column("owner", sa.Text()),
        sa.Column("owner_expires_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("job_id"),
    )
    op.create_index("idx_export_jobs_created_at", "export_jobs", [sa.text("created_at DESC")])
    op.create_index("idx_export_jobs_status", "export_jobs", ["status"])
    op.create_table(
        "events",
        sa.Column("event_number", _KEY, nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_number"),
        sqlite_autoincrement=True,
    )
