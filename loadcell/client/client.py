"""The client: typed calls to a controller."""

import io
import time
import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import grpc
from google.protobuf import struct_pb2

from loadcell.channel import dial
from loadcell.client.access import Access
from loadcell.client.assets import check_size, pieces_of
from loadcell.client.calls import answer
from loadcell.client.exports import Exports
from loadcell.client.history import History
from loadcell.client.notebook.methods import show_in_notebooks
from loadcell.client.projects import Projects
from loadcell.client.recommendations import Recommendations
from loadcell.client.references import RunReference, identifier
from loadcell.client.targets import Targets
from loadcell.client.traces import Traces
from loadcell.client.watch import watch_to_the_end
from loadcell.errors import LoadcellError
from loadcell.settings import Secret, credential
from loadcell.tls import ClientTls
from loadcell.tls_errors import meaning
from loadcell.uploading import upload
from loadcell.v1 import fleet_pb2, fleet_pb2_grpc, result_pb2, run_pb2, run_pb2_grpc, target_pb2, validation_pb2

_WHY_SECONDS = 1.0  # to learn why a controller cannot be reached
_ARRIVALS = {
    "": target_pb2.ARRIVAL_UNSPECIFIED,
    "constant": target_pb2.ARRIVAL_CONSTANT,
    "poisson": target_pb2.ARRIVAL_POISSON,
}
show_in_notebooks(
    run_pb2.Run, result_pb2.RunResult, run_pb2.CompareRunsResponse, run_pb2.TimelinePoint, fleet_pb2.Agent
)
_KINDS = {"tokenizer": run_pb2.ASSET_KIND_TOKENIZER, "dataset": run_pb2.ASSET_KIND_DATASET}


class Client(History, Exports, Access, Projects, Recommendations, Targets, Traces):
    """A connection to a controller. Every method raises LoadcellError with the controller's reason and field.

    Args:
        address: "host:port" or "unix:/path".
        api_key: Key of the controller, when it asks for one.
        tls: Files to speak TLS with, when the controller does.
        timeout_seconds: Deadline of one call that is not a stream.

    Raises:
        LoadcellError: INVALID_API_KEY, the key cannot be sent.
    """

    def __init__(
        self,
        address: str = "127.0.0.1:50051",
        *,
        api_key: str | Secret = "",
        tls: ClientTls | None = None,
        timeout_seconds: float = 60.0,
    ) -> None:
        try:
            key = credential(api_key.reveal() if isinstance(api_key, Secret) else api_key)
        except ValueError as error:
            raise LoadcellError("INVALID_API_KEY", f"the API key {error}") from None
        self.address = address
        self._timeout = timeout_seconds
        self._channel = dial(address, api_key=key or None, tls=tls)
        self._runs = run_pb2_grpc.RunServiceStub(self._channel)
        self._fleet = fleet_pb2_grpc.FleetServiceStub(self._channel)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; calls that are going on are cancelled."""
        await self._channel.close()

    async def connected(self) -> None:
        """Wait until the controller can be reached."""
        state = self._channel.get_state(try_to_connect=True)
        while state is not grpc.ChannelConnectivity.READY:
            await self._channel.wait_for_state_change(state)
            state = self._channel.get_state(try_to_connect=True)

    async def refused_by_tls(self) -> str:
        """Return what is wrong with TLS when that is why the controller cannot be reached, else an empty text."""
        try:
            await self._fleet.ListAgents(fleet_pb2.ListAgentsRequest(limit=1), timeout=_WHY_SECONDS)
        except grpc.aio.AioRpcError as error:
            return meaning(error.details() or "")
        return ""

    async def create_run(
        self,
        *,
        server_url: str,
        model: str = "",
        adapter: str = "",
        concurrency: Sequence[int] = (),
        rate: Sequence[float] = (),
        arrival: Literal["", "constant", "poisson"] = "",
        max_concurrency: int | None = None,
        num_prompts: int | None = None,
        duration_seconds: float | None = None,
        input_len: int | None = None,
        output_len: int | None = None,
        stream: bool | None = None,
        warmup: int | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 (the field of the request: the deadline of the load)
        api_key: str = "",
        goodput_thresholds: target_pb2.GoodputThresholds | None = None,
        seed: int | None = None,
        labels: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        tokenizer_asset: str = "",
        dataset_asset: str = "",
        agent_count: int | None = None,
        agent_labels: Mapping[str, str] | None = None,
        worker_count: int | None = None,
        force: bool = False,
        timeline: bool | None = None,
        framework: str = "",
        framework_config: Mapping[str, Any] | None = None,
        tls_verify: bool | None = None,
        validate_only: bool = False,
        request_id: str = "",
        project_id: str = "",
        provider: str = "",
        environment: str = "",
        service_name: str = "",
        user_id: str = "",
        session_id: str = "",
        tags: Sequence[str] = (),
        record_texts: bool = False,
        trace_sample_rate: float | None = None,
        sketch_only: bool = False,
        acknowledge_load: bool = False,
        requests_per_slot: int | None = None,
        validation_config: validation_pb2.ValidationConfig | None = None,
    ) -> run_pb2.CreateRunResponse:
        """Start a run. The arguments are the fields of CreateRunRequest; an argument left out takes its default.

        Raises:
            LoadcellError: The specification is refused (`field` names the argument), or an asset is missing.
        """
        config = None
        if framework_config is not None:
            config = struct_pb2.Struct()
            config.update(dict(framework_config))
        request = run_pb2.CreateRunRequest(
            request_id=request_id or str(uuid.uuid4()),
            server_url=server_url,
            model=model,
            adapter=adapter,
            concurrency=concurrency,
            rate=rate,
            arrival=_ARRIVALS[arrival],
            max_concurrency=max_concurrency,
            num_prompts=num_prompts,
            duration_seconds=duration_seconds,
            input_len=input_len,
            output_len=output_len,
            stream=stream,
            warmup=warmup,
            timeout=timeout,
            api_key=api_key,
            goodput_thresholds=goodput_thresholds,
            seed=seed,
            labels=labels,
            headers=headers,
            tokenizer_asset=tokenizer_asset,
            dataset_asset=dataset_asset,
            agent_count=agent_count,
            agent_labels=agent_labels,
            worker_count=worker_count,
            force=force,
            timeline=timeline,
            framework=framework,
            framework_config=config,
            tls_verify=tls_verify,
            validate_only=validate_only,
            project_id=project_id,
            provider=provider,
            environment=environment,
            service_name=service_name,
            user_id=user_id,
            session_id=session_id,
            tags=tags,
            record_texts=record_texts,
            trace_sample_rate=trace_sample_rate,
            sketch_only=sketch_only,
            acknowledge_load=acknowledge_load,
            requests_per_slot=requests_per_slot,
            validation_config=validation_config,
        )
        response: run_pb2.CreateRunResponse = await answer(self._runs.CreateRun(request, timeout=self._timeout))
        return response

    async def get_run(self, run: RunReference) -> run_pb2.Run:
        """Return the state of a run."""
        request = run_pb2.GetRunRequest(run_id=identifier(run))
        response: run_pb2.GetRunResponse = await answer(self._runs.GetRun(request, timeout=self._timeout))
        return response.run

    async def cancel_run(self, run: RunReference) -> run_pb2.Run:
        """Stop a run within a second; what was measured is kept."""
        request = run_pb2.CancelRunRequest(run_id=identifier(run))
        response: run_pb2.CancelRunResponse = await answer(self._runs.CancelRun(request, timeout=self._timeout))
        return response.run

    async def delete_run(self, run: RunReference) -> None:
        """Delete a run with everything measured."""
        request = run_pb2.DeleteRunRequest(run_id=identifier(run))
        await answer(self._runs.DeleteRun(request, timeout=self._timeout))

    async def watch(
        self, run: RunReference, *, patience_seconds: float = 60.0
    ) -> AsyncGenerator[run_pb2.WatchRunResponse, None]:
        """Yield the state of a run, then every change; the last update is the one whose run has ended.

        A controller that goes away is waited for, up to patience_seconds.
        """
        request = run_pb2.WatchRunRequest(run_id=identifier(run))
        updates = watch_to_the_end(lambda: self._runs.WatchRun(request), patience_seconds)
        async with aclosing(updates):
            async for update in updates:
                yield update

    async def upload_asset(
        self, source: str | Path | bytes, kind: Literal["tokenizer", "dataset"], *, filename: str = ""
    ) -> run_pb2.UploadAssetResponse:
        """Store a tokenizer or a dataset for use by runs; the answer names its hash.

        Raises:
            OSError: The file cannot be read.
            LoadcellError: The file is refused; the message names the line of a malformed dataset.
        """
        with io.BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb") as file:  # noqa: ASYNC230
            name = filename or ("" if isinstance(source, bytes) else Path(source).name)
            check_size(file, name or "the file")
            first = run_pb2.UploadAssetRequest(kind=_KINDS[kind], filename=name)
            sending = upload(
                self._runs.UploadAsset(),
                first,
                pieces_of(file),
                patience_seconds=self._timeout,
                answer_seconds=10 * self._timeout,
            )
            return await answer(sending)

    async def agents(self, *, page_size: int = 50) -> AsyncGenerator[fleet_pb2.Agent, None]:
        """Yield the agents the controller knows."""
        cursor = ""
        while True:
            request = fleet_pb2.ListAgentsRequest(limit=page_size, cursor=cursor)
            call = self._fleet.ListAgents(request, timeout=self._timeout)
            page: fleet_pb2.ListAgentsResponse = await answer(call)
            for agent in page.agents:
                yield agent
            cursor = page.next_cursor
            if not cursor:
                return

    async def agent(self, agent_id: str) -> fleet_pb2.Agent:
        """Return what the controller knows of an agent."""
        request = fleet_pb2.GetAgentRequest(agent_id=agent_id)
        response: fleet_pb2.GetAgentResponse = await answer(self._fleet.GetAgent(request, timeout=self._timeout))
        return response.agent

    async def drain_agent(self, agent_id: str, *, resume: bool = False) -> fleet_pb2.Agent:
        """Stop (or, with `resume`, restart) the supply of work to an agent; what it does is finished."""
        request = fleet_pb2.DrainAgentRequest(agent_id=agent_id, resume=resume)
        response: fleet_pb2.DrainAgentResponse = await answer(
            self._fleet.DrainAgent(request, timeout=self._timeout)
        )
        return response.agent

    async def create_agent_token(
        self, name: str, *, expires_in_seconds: float | None = None
    ) -> fleet_pb2.CreateAgentTokenResponse:
        """Make a token with which one agent may connect; it is in the answer only. By default it never expires."""
        request = fleet_pb2.CreateAgentTokenRequest(name=name)
        if expires_in_seconds is not None:
            request.expires_at.FromMicroseconds(round((time.time() + expires_in_seconds) * 1e6))
        response: fleet_pb2.CreateAgentTokenResponse = await answer(
            self._fleet.CreateAgentToken(request, timeout=self._timeout)
        )
        return response

    async def agent_tokens(self, *, page_size: int = 50) -> AsyncGenerator[fleet_pb2.AgentToken, None]:
        """Yield what is known of the tokens of agents, oldest first."""
        cursor = ""
        while True:
            request = fleet_pb2.ListAgentTokensRequest(limit=page_size, cursor=cursor)
            page: fleet_pb2.ListAgentTokensResponse = await answer(
                self._fleet.ListAgentTokens(request, timeout=self._timeout)
            )
            for token in page.tokens:
                yield token
            cursor = page.next_cursor
            if not cursor:
                return

    async def revoke_agent_token(self, token_id: str) -> fleet_pb2.AgentToken:
        """Refuse a token from now on; its agent is disconnected within seconds."""
        request = fleet_pb2.RevokeAgentTokenRequest(token_id=token_id)
        response: fleet_pb2.RevokeAgentTokenResponse = await answer(
            self._fleet.RevokeAgentToken(request, timeout=self._timeout)
        )
        return response.token


__all__ = ["Client", "LoadcellError", "RunReference"]
