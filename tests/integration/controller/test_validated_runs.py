"""Runs that are compared with what their server says of itself, whoever their agents are."""

from __future__ import annotations

import grpc
import pytest
from scripted_agent import ScriptedAgent

from controller.server import serve
from controller.settings import ControllerSettings
from loadcell.channel import dial
from loadcell.settings import Address
from loadcell.v1 import agent_pb2, run_pb2, run_pb2_grpc, validation_pb2

ENABLED = validation_pb2.ValidationConfig(enabled=True, docker_enabled=True)


def page(requests: int) -> agent_pb2.ScrapeResult:
    """What vLLM says after so many requests as a scripted agent makes them up."""
    values = {
        "request_success_total": requests,
        "generation_tokens_total": 11 * requests,
        "time_to_first_token_seconds_sum": 0.001 * requests,
        "time_to_first_token_seconds_count": requests,
    }
    series = [
        agent_pb2.ServerSeries(name=f"vllm:{name}", labels={"model_name": "m"}, value=value)
        for name, value in values.items()
    ]
    return agent_pb2.ScrapeResult(series=series)


async def steps(controller, run_id: str) -> list[tuple[str, str]]:
    """The steps that somebody is told who watches a run that has ended."""
    watching = controller.runs.WatchRun(run_pb2.WatchRunRequest(run_id=run_id))
    *_, update = [update async for update in watching]
    return [(log.step, log.status) for log in update.validation_log]


async def test_a_run_that_agrees_with_its_server(controller):
    agent = await controller.agent(pages=[page(5), page(25)])
    run_id = await controller.create(concurrency=[1, 2], validation_config=ENABLED)
    run = await controller.ended(run_id)
    assert (run.status, run.config.validation_config.tolerance) == ("completed", 0.05)
    validation = (await controller.result(run_id)).validation
    assert validation.overall_passed
    assert [(c.client_value, c.server_value) for c in validation.all_comparisons] == [
        (20, 20),
        (pytest.approx(1.0), pytest.approx(1.0)),
        (220, 220),
    ]
    assert [scrape.target.server_url for scrape in agent.scrapes_asked] == ["http://127.0.0.1:9"] * 2
    assert await steps(controller, run_id) == [
        ("init", "running"),
        ("before", "completed"),
        ("after", "completed"),
        *[("validate", "completed")] * 3,
        ("complete", "completed"),
    ]


async def test_a_failed_comparison_does_not_fail_the_run(controller):
    await controller.agent(pages=[page(0), page(5)])
    run_id = await controller.create(validation_config=ENABLED)
    assert (await controller.ended(run_id)).status == "completed"
    validation = (await controller.result(run_id)).validation
    assert validation.HasField("overall_passed")
    assert not validation.overall_passed
    assert (await steps(controller, run_id))[-1] == ("complete", "failed")


async def test_an_agent_of_an_earlier_version_breaks_nothing(controller):
    agent = await controller.agent()
    run_id = await controller.create(validation_config=ENABLED)
    assert (await controller.ended(run_id)).status == "completed"
    validation = (await controller.result(run_id)).validation
    assert not validation.HasField("overall_passed")
    assert "earlier version" in validation.all_warnings[0]
    assert not agent.scrapes_asked
    assert (await steps(controller, run_id))[1:3] == [("before", "warning"), ("after", "warning")]


async def test_impossible_figures_are_none(controller):
    false = agent_pb2.ScrapeResult(series=[agent_pb2.ServerSeries(name="vllm:request_success_total", value=-1)])
    await controller.agent(pages=[false, page(10)])
    run_id = await controller.create(validation_config=ENABLED)
    await controller.ended(run_id)
    validation = (await controller.result(run_id)).validation
    assert "impossible figures" in validation.all_warnings[0]


async def test_a_run_that_did_not_ask_is_not_compared(controller):
    agent = await controller.agent(pages=[page(0), page(10)])
    unasked = validation_pb2.ValidationConfig(docker_enabled=True, container_name="vllm-1")
    run_id = await controller.create(validation_config=unasked)
    run = await controller.ended(run_id)
    assert not run.config.HasField("validation_config")
    assert not (await controller.result(run_id)).HasField("validation")
    assert not agent.scrapes_asked
    assert await steps(controller, run_id) == []


async def test_a_cancelled_run_says_why_it_was_not_compared(controller):
    agent = await controller.agent(pages=[page(0)], complete=False)
    run_id = await controller.create(validation_config=ENABLED)
    await agent.until(lambda: agent.starts)
    await controller.runs.CancelRun(run_pb2.CancelRunRequest(run_id=run_id))
    assert (await controller.ended(run_id)).status == "cancelled"
    validation = (await controller.result(run_id)).validation
    assert not validation.HasField("overall_passed")
    assert "the run is cancelled and the server was not asked after it" in validation.all_warnings[0]


@pytest.mark.parametrize("tolerance", [-0.1, 1.5, float("nan")])
async def test_F3_the_tolerance_is_checked(controller, tolerance):
    config = validation_pb2.ValidationConfig(enabled=True, tolerance=tolerance)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await controller.create(validation_config=config)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "validation_config.tolerance must be from 0 to 1" in refused.value.details()


async def test_what_the_server_said_before_survives_a_controller(start, database_file):
    settings = ControllerSettings(grpc=Address("127.0.0.1", 0), database=database_file, heartbeat_seconds=0.1)
    async with (
        serve(settings) as first,
        dial(str(first.address)) as channel,
        ScriptedAgent.connected(str(first.address), "agent-1", complete=False, pages=[page(3)]) as agent,
    ):
        request = run_pb2.CreateRunRequest(
            server_url="http://127.0.0.1:9", model="m", num_prompts=8, warmup=0, validation_config=ENABLED
        )
        run_id = (await run_pb2_grpc.RunServiceStub(channel).CreateRun(request)).run_id
        lease = f"{run_id}.0.0"
        await agent.until(lambda: lease in agent.starts)
        grants = agent.grants
    controller = await start(lease_seconds=3.0)
    running = agent_pb2.LeaseUpdate(lease_id=lease, state=agent_pb2.LEASE_STATE_RUNNING)
    agent = await controller.agent(held=[running], grants=grants, pages=[page(11)])
    await agent.finish(lease, await agent.deliver(lease))
    assert (await controller.ended(run_id)).status == "completed"
    assert (await controller.result(run_id)).validation.overall_passed
    told = await steps(controller, run_id)
    assert [step for step, _ in told] == ["init", "before", "after", *["validate"] * 3, "complete"]
