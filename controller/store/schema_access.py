"""The tables of who may do what, and of what they did."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, Table, UniqueConstraint

from controller.store.schema import Key, Text, metadata

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("key_hash", Text, nullable=False),  # SHA-256, hex
    Column("prefix", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("permissions", Text, nullable=False),  # JSON list
    Column("scopes", Text, nullable=False),  # JSON list
    Column("projects", Text, nullable=False),  # JSON list; an admin sees all
    Column("created_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("last_used_at", BigInteger),
    Column("rotated_from", Text, nullable=False),
    UniqueConstraint("key_hash", name="uq_api_keys_key_hash"),
)
Index("idx_api_keys_created_at", api_keys.c.created_at, api_keys.c.key_id)

# Only projects that something is set for.
projects = Table(
    "projects",
    metadata,
    Column("project_id", Text, primary_key=True),
    Column("allowed_targets", Text, nullable=False),  # rules as settings write them; "": every target
    Column("quota_running_runs", Integer),  # of each quota NULL: as the settings say, 0: none
    Column("quota_rate", Float),
    Column("quota_agents", Integer),
    Column("quota_stored_traces", BigInteger),
    Column("updated_at", BigInteger, nullable=False),
    Column("updated_by", Text, nullable=False),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("token_hash", Text, primary_key=True),  # SHA-256, hex
    Column("family", Text, nullable=False),  # of everything that came of one issue
    Column("claims", Text, nullable=False),  # JSON: what the next access token says
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)
Index("idx_refresh_tokens_family", refresh_tokens.c.family)
Index("idx_refresh_tokens_expires_at", refresh_tokens.c.expires_at)

revocations = Table(
    "revocations",
    metadata,
    Column("revoked_id", Text, primary_key=True),  # a jti or a family
    Column("expires_at", BigInteger, nullable=False),  # when every token it concerns has expired
)
Index("idx_revocations_expires_at", revocations.c.expires_at)

# Also what they were used for, the credential of one connection.
tickets = Table(
    "tickets",
    metadata,
    Column("ticket_hash", Text, primary_key=True),  # SHA-256, hex
    Column("session_hash", Text),  # likewise, of the credential; NULL: not used yet
    Column("account", Text, nullable=False),  # under what the calls of who asked for it are counted
    Column("claims", Text, nullable=False),  # JSON: what its holder may do, and what that ends with
    Column("giver_expires_at", BigInteger),  # when the credential of who asked for it ends; NULL: never
    Column("expires_at", BigInteger, nullable=False),  # of the ticket, once it is used of the credential
    UniqueConstraint("session_hash", name="uq_tickets_session_hash"),
)
Index("idx_tickets_account", tickets.c.account)
Index("idx_tickets_expires_at", tickets.c.expires_at)

audit_log = Table(
    "audit_log",
    metadata,
    Column("entry_number", Key, primary_key=True),
    Column("called_at", BigInteger, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("principal_id", Text, nullable=False),
    Column("principal_method", Text, nullable=False),
    Column("principal_name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("client_address", Text, nullable=False),
    Column("method", Text, nullable=False),  # RunService/CreateRun
    Column("resource_id", Text, nullable=False),
    Column("project_id", Text, nullable=False),
    Column("outcome", Text, nullable=False),  # ok, or the reason of the error
    sqlite_autoincrement=True,
)
Index("idx_audit_log_called_at", audit_log.c.called_at)
