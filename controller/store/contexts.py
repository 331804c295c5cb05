"""Contexts: what the requests of a run are asked for by. Each combination is stored once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import astuple, dataclass, fields

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from controller.store.schema_queries import context_tags, contexts
from loadcell.v1 import result_pb2

# Of runs of earlier versions, which could not say.
DEFAULT_PROJECT, DEFAULT_PROVIDER, DEFAULT_ENVIRONMENT = "default", "custom", "development"


@dataclass(frozen=True, slots=True)
class Context:
    """What a request belongs to; `tags` are sorted and different."""

    project_id: str
    provider: str
    model: str
    environment: str
    service_name: str | None
    user_id: str | None
    session_id: str | None
    operation_type: str
    tags: tuple[str, ...]


_OPERATIONS = {"openai": "chat", "openai-completions": "completion"}


def context_of(config: result_pb2.RunConfig, model: str) -> Context:
    """Return the context of the requests of a run. `model` is what the probe found, "" before."""
    return Context(
        project_id=config.project_id or DEFAULT_PROJECT,
        provider=config.provider or DEFAULT_PROVIDER,
        model=model,
        environment=config.environment or DEFAULT_ENVIRONMENT,
        service_name=config.service_name or None,
        user_id=config.user_id or None,
        session_id=config.session_id or None,
        operation_type=_OPERATIONS.get(config.adapter, config.adapter),
        tags=tuple(sorted(set(config.tags))),
    )


def listed_by(provider: str | None) -> str:
    """Return the provider whose price of a model counts, "" for whoever lists it: nobody said who serves it."""
    return "" if provider in (None, DEFAULT_PROVIDER) else str(provider)


_NAMES = [field.name for field in fields(Context)]


def intern_context(connection: Connection, context: Context) -> int:
    """Return the key of a context, which is stored if it is not yet."""
    text = json.dumps(astuple(context), ensure_ascii=False)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    values = {name: getattr(context, name) for name in _NAMES}
    values |= {"digest": digest, "tags": json.dumps(context.tags, ensure_ascii=False)}
    mine = select(contexts.c.context_key).where(contexts.c.digest == digest)
    # Looked for first: a row that is not inserted uses up a key, and keys tell how many contexts there are.
    known: int | None = connection.execute(mine).scalar_one_or_none()
    if known is not None:
        return known
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    # Another controller may be storing the same.
    new: int | None = connection.execute(
        dialect.insert(contexts).values(values).on_conflict_do_nothing().returning(contexts.c.context_key)
    ).scalar_one_or_none()
    if new is None:
        stored: int = connection.execute(mine).scalar_one()
        return stored
    if context.tags:
        connection.execute(insert(context_tags), [{"tag": tag, "context_key": new} for tag in context.tags])
    return new
