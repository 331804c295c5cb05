"""The part of the client that is about projects."""

from collections.abc import AsyncGenerator

import grpc

from loadcell.client.calls import answer
from loadcell.v1 import auth_pb2, auth_pb2_grpc


class Projects:
    """What projects may do."""

    _channel: grpc.aio.Channel
    _timeout: float

    async def projects(self, *, page_size: int = 50) -> AsyncGenerator[auth_pb2.Project, None]:
        """Yield the projects that this client sees, by name."""
        stub, cursor = auth_pb2_grpc.AuthServiceStub(self._channel), ""
        while True:
            request = auth_pb2.ListProjectsRequest(limit=page_size, cursor=cursor)
            page: auth_pb2.ListProjectsResponse = await answer(stub.ListProjects(request, timeout=self._timeout))
            for project in page.projects:
                yield project
            cursor = page.next_cursor
            if not cursor:
                return

    async def project(self, project_id: str) -> auth_pb2.GetProjectResponse:
        """Return what is set for a project, and how much of its quotas is taken."""
        request = auth_pb2.GetProjectRequest(project_id=project_id)
        call = auth_pb2_grpc.AuthServiceStub(self._channel).GetProject(request, timeout=self._timeout)
        response: auth_pb2.GetProjectResponse = await answer(call)
        return response

    async def set_project(
        self,
        project_id: str,
        *,
        allowed_targets: str = "",
        quota_running_runs: int | None = None,
        quota_rate: float | None = None,
        quota_agents: int | None = None,
        quota_stored_traces: int | None = None,
    ) -> auth_pb2.Project:
        """Set everything of a project; a quota of None is that of the controller's settings, one of 0 is none."""
        request = auth_pb2.SetProjectRequest(
            project_id=project_id,
            allowed_targets=allowed_targets,
            quota_running_runs=quota_running_runs,
            quota_rate=quota_rate,
            quota_agents=quota_agents,
            quota_stored_traces=quota_stored_traces,
        )
        call = auth_pb2_grpc.AuthServiceStub(self._channel).SetProject(request, timeout=self._timeout)
        response: auth_pb2.SetProjectResponse = await answer(call)
        return response.project
