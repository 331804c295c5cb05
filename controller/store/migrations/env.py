"""How Alembic runs our migrations: over the connection it is given, inside that connection's transaction."""

from __future__ import annotations

from alembic import context

from controller.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
