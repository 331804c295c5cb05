"""The part of the client that asks how many servers a workload needs."""

import uuid
from collections.abc import Mapping, Sequence

import grpc

from loadcell.client.calls import answer
from loadcell.client.references import RunReference, identifier
from loadcell.v1 import capacity_pb2, recommend_pb2, recommend_pb2_grpc


class Recommendations:
    """Recommendations of capacity. Each is a run, which all calls about runs take too."""

    _channel: grpc.aio.Channel
    _timeout: float

    async def recommend(
        self,
        *,
        server_url: str,
        peak_concurrency: int,
        model: str = "",
        adapter: str = "",
        daily_active_users: int | None = None,
        requests_per_user_per_day: float | None = None,
        avg_input_tokens: int | None = None,
        avg_output_tokens: int | None = None,
        ttft_target_ms: float | None = None,
        tpot_target_ms: float | None = None,
        goodput_target_percent: float | None = None,
        headroom_percent: float | None = None,
        concurrency_steps: Sequence[int] = (),
        num_requests_per_step: int | None = None,
        requests_per_slot: int | None = None,
        current_infra: capacity_pb2.KnownInfra | None = None,
        stream: bool | None = None,
        warmup: int | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 (the field of the request: the deadline of the load)
        api_key: str = "",
        headers: Mapping[str, str] | None = None,
        tls_verify: bool | None = None,
        tokenizer_asset: str = "",
        seed: int | None = None,
        labels: Mapping[str, str] | None = None,
        agent_count: int | None = None,
        agent_labels: Mapping[str, str] | None = None,
        worker_count: int | None = None,
        force: bool = False,
        acknowledge_load: bool = False,
        project_id: str = "",
        validate_only: bool = False,
        request_id: str = "",
    ) -> recommend_pb2.CreateRecommendationResponse:
        """Start the run that finds out how many servers carry a peak.

        The arguments are the fields of CreateRecommendationRequest and its parts; one left out takes its default.

        Raises:
            LoadcellError: The question is refused; `field` names the argument with its part, if it is of one.
        """
        request = recommend_pb2.CreateRecommendationRequest(
            request_id=request_id or str(uuid.uuid4()),
            server_url=server_url,
            model=model,
            adapter=adapter,
            workload=capacity_pb2.ExpectedWorkload(
                peak_concurrency=peak_concurrency,
                daily_active_users=daily_active_users,
                requests_per_user_per_day=requests_per_user_per_day,
                avg_input_tokens=avg_input_tokens,
                avg_output_tokens=avg_output_tokens,
                ttft_target_ms=ttft_target_ms,
                tpot_target_ms=tpot_target_ms,
                goodput_target_percent=goodput_target_percent,
            ),
            headroom_percent=headroom_percent,
            test_config=recommend_pb2.CapacityTest(
                concurrency_steps=concurrency_steps,
                num_requests_per_step=num_requests_per_step,
                requests_per_slot=requests_per_slot,
            ),
            current_infra=current_infra,
            stream=stream,
            warmup=warmup,
            timeout=timeout,
            api_key=api_key,
            headers=headers,
            tls_verify=tls_verify,
            tokenizer_asset=tokenizer_asset,
            seed=seed,
            labels=labels,
            agent_count=agent_count,
            agent_labels=agent_labels,
            worker_count=worker_count,
            force=force,
            acknowledge_load=acknowledge_load,
            project_id=project_id,
            validate_only=validate_only,
        )
        response: recommend_pb2.CreateRecommendationResponse = await answer(
            self._recommendations().CreateRecommendation(request, timeout=self._timeout)
        )
        return response

    async def recommendation(self, run: RunReference) -> recommend_pb2.GetRecommendationResponse:
        """Return how far a recommendation is."""
        request = recommend_pb2.GetRecommendationRequest(run_id=identifier(run))
        response: recommend_pb2.GetRecommendationResponse = await answer(
            self._recommendations().GetRecommendation(request, timeout=self._timeout)
        )
        return response

    async def recommendation_result(self, run: RunReference) -> recommend_pb2.GetRecommendationResultResponse:
        """Return a recommendation.

        Raises:
            LoadcellError: RUN_NOT_FINISHED until the run has ended, which `watch` tells; RECOMMENDATION_FAILED.
        """
        request = recommend_pb2.GetRecommendationResultRequest(run_id=identifier(run))
        response: recommend_pb2.GetRecommendationResultResponse = await answer(
            self._recommendations().GetRecommendationResult(request, timeout=self._timeout)
        )
        return response

    async def delete_recommendation(self, run: RunReference) -> None:
        """Delete a recommendation with its run and everything measured."""
        request = recommend_pb2.DeleteRecommendationRequest(run_id=identifier(run))
        await answer(self._recommendations().DeleteRecommendation(request, timeout=self._timeout))

    def _recommendations(self) -> recommend_pb2_grpc.RecommendServiceStub:
        return recommend_pb2_grpc.RecommendServiceStub(self._channel)
