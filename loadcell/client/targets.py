"""The part of the client that asks whether a target would do, without a run."""

from collections.abc import Mapping

from loadcell.client.calls import answer
from loadcell.v1 import run_pb2, run_pb2_grpc


class Targets:
    """Looks at targets."""

    _runs: run_pb2_grpc.RunServiceStub
    _timeout: float

    async def check_target(
        self,
        *,
        server_url: str,
        model: str = "",
        adapter: str = "",
        api_key: str = "",
        headers: Mapping[str, str] | None = None,
        stream: bool | None = None,
        tls_verify: bool | None = None,
        agent_labels: Mapping[str, str] | None = None,
        project_id: str = "",
    ) -> run_pb2.CheckTargetResponse:
        """Have an agent look at a target as before a run; one that would not do is an answer with ok false.

        The arguments are the fields of CheckTargetRequest; an argument left out takes its default.

        Raises:
            LoadcellError: A field is refused, no load may be aimed at the target, or no agent is free to look.
        """
        request = run_pb2.CheckTargetRequest(
            server_url=server_url,
            model=model,
            adapter=adapter,
            api_key=api_key,
            headers=headers,
            stream=stream,
            tls_verify=tls_verify,
            agent_labels=agent_labels,
            project_id=project_id,
        )
        response: run_pb2.CheckTargetResponse = await answer(
            self._runs.CheckTarget(request, timeout=self._timeout)
        )
        return response
