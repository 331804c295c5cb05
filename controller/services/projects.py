"""The part of AuthService that is about projects."""

# Names and signatures are those of the generated classes.
# ruff: noqa: N802

from __future__ import annotations

from typing import Any

import structlog

from controller.access.granting import check_name
from controller.access.principal import current_principal
from controller.access.project_settings import read_project
from controller.limits.quotas import Quotas
from controller.messages import timestamp
from controller.project import Project
from controller.query import cursor
from controller.services.caller import scope_of
from controller.store.database import Connection, Database
from controller.store.project_usage import taken_of
from controller.store.projects import count_projects, get_project, list_projects, set_project
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.v1 import auth_pb2, auth_pb2_grpc

log = structlog.get_logger()


class ProjectMethods(auth_pb2_grpc.AuthServiceServicer):
    """Listing, showing and setting projects. `quotas` are those of projects that have none of their own."""

    def __init__(self, database: Database, quotas: Quotas) -> None:
        self._projects = database
        self._quotas = quotas

    async def ListProjects(
        self, request: auth_pb2.ListProjectsRequest, context: Any
    ) -> auth_pb2.ListProjectsResponse:
        """Return a page of the caller's projects."""
        scope = scope_of(context)
        limit = cursor.page_size(request.limit if request.HasField("limit") else None)
        after = str(cursor.decode(request.cursor, "projects", (str,))[0]) if request.cursor else ""
        found = await self._projects.read(lambda c: list_projects(c, scope, limit=limit + 1, after=after))
        page = found[:limit]
        return auth_pb2.ListProjectsResponse(
            projects=[_message(project) for project in page],
            next_cursor=cursor.encode("projects", [page[-1].project_id]) if len(found) > limit else "",
            total=await self._projects.read(lambda c: count_projects(c, scope)),
        )

    async def GetProject(self, request: auth_pb2.GetProjectRequest, context: Any) -> auth_pb2.GetProjectResponse:
        """Return what is set for a project, and what it takes."""
        _check_project(request.project_id, context)

        def read(connection: Connection) -> auth_pb2.GetProjectResponse:
            project = get_project(connection, request.project_id)
            quotas = project.quotas(self._quotas).each(taken_of(connection, request.project_id))
            uses = [auth_pb2.QuotaUse(name=one.name, limit=one.limit, taken=one.taken) for one in quotas]
            return auth_pb2.GetProjectResponse(project=_message(project), quotas=uses)

        return await self._projects.read(read)

    async def SetProject(self, request: auth_pb2.SetProjectRequest, context: Any) -> auth_pb2.SetProjectResponse:
        """Set what new runs of a project may do."""
        _check_project(request.project_id, context)
        project = read_project(request, now=wall_micros(), by=current_principal().principal_id)
        await self._projects.write(lambda c: set_project(c, project), repeatable=True)
        log.info("project_set", project_id=project.project_id, allowed_targets=project.allowed_targets)
        return auth_pb2.SetProjectResponse(project=_message(project))


def _check_project(project_id: str, context: Any) -> None:
    check_name("project_id", project_id)
    if not scope_of(context).holds(project_id):
        raise LoadcellError(
            "PROJECT_ACCESS_DENIED", f"the project {project_id!r} is none of the caller's", field="project_id"
        )


def _message(project: Project) -> auth_pb2.Project:
    return auth_pb2.Project(
        project_id=project.project_id,
        allowed_targets=project.allowed_targets,
        quota_running_runs=project.quota_running_runs,
        quota_rate=project.quota_rate,
        quota_agents=project.quota_agents,
        quota_stored_traces=project.quota_stored_traces,
        updated_at=None if project.updated_at is None else timestamp(project.updated_at),
        updated_by=project.updated_by,
    )
