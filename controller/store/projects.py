"""Operations on what is set for projects. A project that nothing is set for has no row."""

from __future__ import annotations

from dataclasses import asdict, fields

from sqlalchemy import CompoundSelect, Connection, func, select, union
from sqlalchemy.dialects import postgresql, sqlite

from controller.project import Project
from controller.scope import Scope
from controller.store.schema_access import projects
from controller.store.schema_queries import contexts

_COLUMNS = [projects.c[field.name] for field in fields(Project)]


def get_project(connection: Connection, project_id: str) -> Project:
    """Return what is set for a project, which may be nothing."""
    row = connection.execute(select(*_COLUMNS).where(projects.c.project_id == project_id)).one_or_none()
    return Project(project_id) if row is None else Project(*row)


def set_project(connection: Connection, project: Project) -> None:
    """Store what is set for a project, in the place of what was."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    new = dialect.insert(projects)
    connection.execute(
        new.on_conflict_do_update(
            index_elements=[projects.c.project_id],
            set_={column.name: new.excluded[column.name] for column in _COLUMNS[1:]},
        ),
        asdict(project),
    )


def list_projects(connection: Connection, scope: Scope, *, limit: int, after: str = "") -> list[Project]:
    """Return the projects within a scope that have had runs or have settings, by name, those behind one."""
    names = _names(scope).subquery()
    query = (
        select(names.c.project_id, *_COLUMNS[1:])
        .outerjoin(projects, projects.c.project_id == names.c.project_id)
        .where(names.c.project_id > after)
        .order_by(names.c.project_id)
        .limit(limit)
    )
    return [
        Project(row[0]) if row.updated_at is None else Project(*row) for row in connection.execute(query).all()
    ]


def count_projects(connection: Connection, scope: Scope) -> int:
    """Return how many projects these are."""
    return connection.execute(select(func.count()).select_from(_names(scope).subquery())).scalar_one()


def _names(scope: Scope) -> CompoundSelect[tuple[str]]:
    known = [select(table.c.project_id) for table in (contexts, projects)]
    if scope.projects is not None:
        known = [query.where(query.selected_columns.project_id.in_(scope.projects)) for query in known]
    return union(*known)
