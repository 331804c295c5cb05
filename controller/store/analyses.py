"""Operations on what models have said about results. It goes with its run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from controller.store.runs import DELETING
from controller.store.schema import benchmark_runs as runs
from controller.store.schema_analyses import run_analyses as analyses

_BY_MODEL: Final = "llm"


@dataclass(frozen=True, slots=True)
class StoredAnalysis:
    """What a model has said about a result; `created_at` is in microseconds since 1970 UTC."""

    language: str
    model: str
    content: str
    created_at: int


def get_analysis(connection: Connection, run_key: int, language: str) -> StoredAnalysis | None:
    """Return what a model has said about a run in a language, None when none has."""
    query = select(analyses.c.language, analyses.c.model, analyses.c.content, analyses.c.created_at).where(
        analyses.c.run_key == run_key, analyses.c.mode == _BY_MODEL, analyses.c.language == language
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else StoredAnalysis(*row)


def put_analysis(connection: Connection, run_key: int, analysis: StoredAnalysis) -> bool:
    """Store what a model has said, in the place of what one said before in the same language.

    Returns:
        Whether it was stored; not when the run is being deleted.
    """
    # A lock, so that a run is not deleted between the look and the writing.
    run = select(runs.c.run_key).where(runs.c.run_key == run_key, runs.c.status != DELETING).with_for_update()
    if connection.execute(run).one_or_none() is None:
        return False
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    new = dialect.insert(analyses)
    replaced = {name: new.excluded[name] for name in ("model", "content", "created_at")}
    connection.execute(
        new.on_conflict_do_update(index_elements=list(analyses.primary_key.columns), set_=replaced),
        {
            "run_key": run_key,
            "mode": _BY_MODEL,
            "language": analysis.language,
            "model": analysis.model,
            "content": analysis.content,
            "created_at": analysis.created_at,
        },
    )
    return True
