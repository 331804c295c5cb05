"""Projects on the terminal."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from loadcell.cli.layout import local_time, new_table
from loadcell.figures import ABSENT
from loadcell.v1 import auth_pb2

_QUOTAS = ("running_runs", "rate", "agents", "stored_traces")


def projects_table(projects: Sequence[auth_pb2.Project]) -> RenderableType:
    """Return a line for each project; a quota that is none of its own is absent."""
    titles = ("project", "targets", "runs", "requests/s", "agents", "traces", "set")
    table = new_table(*titles, words=("targets", "set"))
    for project in projects:
        table.add_row(
            project.project_id,
            project.allowed_targets or "any",
            *(_quota(project, name) for name in _QUOTAS),
            local_time(project.updated_at),
        )
    return table


def project_details(found: auth_pb2.GetProjectResponse) -> RenderableType:
    """Return where load of a project may be aimed, and a line for each of its quotas."""
    table = new_table("quota", "taken", "limit", "set by", words=("set by",))
    for quota in found.quotas:
        own = found.project.HasField(_field(quota.name))
        table.add_row(
            quota.name.replace("_", " "),
            f"{quota.taken:,.15g}",
            f"{quota.limit:,.15g}" if quota.limit else "none",
            "project" if own else "controller",
        )
    return Group(Text(f"targets  {found.project.allowed_targets or 'any'}"), table)


def _quota(project: auth_pb2.Project, name: str) -> str:
    field = _field(name)
    return f"{getattr(project, field):,.15g}" if project.HasField(field) else ABSENT


def _field(name: str) -> str:
    return f"quota_{name}"
