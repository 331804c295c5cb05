"""Alembic's environment; `controller.store.migrate` runs it."""
