"""The tables of questions over many runs. Times are microseconds since 1970 UTC, money is nano-USD."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    event,
    text,
)

from controller.store.schema import Key, Text, metadata, request_key

# What requests are asked for by; few, since all requests of a run share one.
contexts = Table(
    "contexts",
    metadata,
    Column("context_key", Key, primary_key=True),
    Column("digest", Text, nullable=False),  # SHA-256 over the columns below, hex
    Column("project_id", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("service_name", Text),
    Column("user_id", Text),
    Column("session_id", Text),
    Column("operation_type", Text, nullable=False),
    Column("tags", Text, nullable=False),  # JSON array, sorted
    UniqueConstraint("digest", name="uq_contexts_digest"),
)
Index("idx_contexts_project", contexts.c.project_id)
Index("idx_contexts_model", contexts.c.model)
Index("idx_contexts_user", contexts.c.user_id)
Index("idx_contexts_session", contexts.c.session_id)

context_tags = Table(
    "context_tags",
    metadata,
    Column("tag", Text, primary_key=True),
    Column("context_key", Key, ForeignKey("contexts.context_key"), primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# Sums over the requests of a context that began in one minute, hour or day and ended OK or with an ERROR.
# Latencies are those of OK requests.
rollups = Table(
    "rollups",
    metadata,
    Column("grain", Integer, primary_key=True),  # seconds: 60, 3600 or 86400
    Column("bucket", BigInteger, primary_key=True),  # its beginning, in grains since 1970
    Column("context_key", Key, primary_key=True, autoincrement=False),
    Column("ok_count", BigInteger, nullable=False),
    Column("error_count", BigInteger, nullable=False),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    Column("prompt_cost", BigInteger, nullable=False),
    Column("completion_cost", BigInteger, nullable=False),
    Column("cost_max", BigInteger, nullable=False),  # of one request; before the sketches, to be read without them
    Column("duration_sum", BigInteger, nullable=False),
    Column("duration_min", BigInteger, nullable=False),  # -1 without an OK request
    Column("duration_max", BigInteger, nullable=False),
    Column("ttft_sum", BigInteger, nullable=False),
    Column("ttft_count", BigInteger, nullable=False),
    Column("error_classes", Text, nullable=False),  # JSON object: number of ErrorClass to count
    Column("durations", LargeBinary, nullable=False),  # packed sketches: microseconds, nano-USD, tokens
    Column("ttfts", LargeBinary, nullable=False),
    Column("costs", LargeBinary, nullable=False),
    Column("tokens", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)


def _index_costs(_: Table, connection: Connection, **__: Any) -> None:
    # SQLite reads whole rows, with their sketches, of which it needs a part; PostgreSQL keeps those apart.
    if connection.dialect.name == "sqlite":
        connection.execute(
            text(
                "CREATE INDEX idx_rollups_costs ON rollups (grain, bucket, context_key, ok_count, error_count,"
                " prompt_tokens, completion_tokens, prompt_cost, completion_cost, cost_max)"
            )
        )


event.listen(rollups, "after_create", _index_costs)

feedback = Table(
    "feedback",
    metadata,
    Column("feedback_id", Key, primary_key=True),
    *(Column(column.name, column.type, nullable=False) for column in request_key()),
    Column("score", Float),  # 0 to 1
    Column("resolved", Boolean),  # whether the label says so
    Column("comment", Text, nullable=False),
    Column("user_id", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("label", Text),
    Column("request_id", Text),  # UUID, its public name
)
Index("idx_feedback_request_id", feedback.c.request_id, unique=True)
Index("idx_feedback_request", feedback.c.run_key, feedback.c.level, feedback.c.ordinal)
Index("idx_feedback_created_at", feedback.c.created_at)

model_pricing = Table(
    "model_pricing",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("effective_date", Text, primary_key=True),  # UTC, 2024-01-01
    Column("prompt_nano", BigInteger, nullable=False),  # for 1,000 tokens
    Column("completion_nano", BigInteger, nullable=False),
)

budgets = Table(
    "budgets",
    metadata,
    Column("budget_id", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("period", Text, nullable=False),  # daily, weekly, monthly, quarterly, yearly
    Column("threshold_type", Text, nullable=False),  # absolute, percentage
    Column("warning_threshold", Float, nullable=False),
    Column("critical_threshold", Float, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("is_active", Boolean, nullable=False),
)
Index("idx_budgets_project", budgets.c.project_id)

budget_alerts = Table(
    "budget_alerts",
    metadata,
    Column("alert_id", Text, primary_key=True),
    Column("budget_id", Text, ForeignKey("budgets.budget_id"), nullable=False),
    Column("period_start", BigInteger, nullable=False),
    Column("severity", Text, nullable=False),  # info, warning, critical
    Column("current_cost", BigInteger, nullable=False),
    Column("threshold_value", Float, nullable=False),
    Column("percentage_used", Float, nullable=False),
    Column("message", Text, nullable=False),
    Column("triggered_at", BigInteger, nullable=False),
    Column("resolved_at", BigInteger),
    UniqueConstraint("budget_id", "period_start", "severity", name="uq_budget_alerts_once"),
)

export_jobs = Table(
    "export_jobs",
    metadata,
    Column("job_id", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    Column("status", Text, nullable=False),  # pending, processing, completed, failed, cancelled, expired
    Column("format", Text, nullable=False),
    Column("compression", Text, nullable=False),
    Column("request", LargeBinary, nullable=False),  # CreateExportRequest
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("completed_at", BigInteger),
    Column("expires_at", BigInteger),
    Column("trace_count", BigInteger),
    Column("file_size_bytes", BigInteger),
    Column("sha256", Text),
    Column("file_path", Text),
    Column("error_message", Text),
    Column("progress_percent", Float, nullable=False),
    Column("owner", Text),  # controller process that writes the file
    Column("owner_expires_at", BigInteger),
)
Index("idx_export_jobs_created_at", export_jobs.c.created_at.desc())
Index("idx_export_jobs_status", export_jobs.c.status)

events = Table(
    "events",
    metadata,
    Column("event_number", Key, primary_key=True),
    Column("event_type", Text, nullable=False),
    Column("project_id", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),  # Event
    Column("created_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,  # a number is never used again, so readers can go on after the last one
)
