"""What a plan asks of each agent, beside what that agent was calibrated for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.capacity import check_capacity, request_capacity
from controller.plan import plan_run
from controller.store.records import AgentRecord
from loadcell.errors import LoadcellError
from loadcell.pacing.shares import worker_share
from loadcell.v1 import run_pb2
from tests.unit.controller.agent_records import make_agent


def check(*agents: AgentRecord, **fields: Any) -> list[str]:
    plan = plan_run(run_pb2.CreateRunRequest(server_url="http://10.0.0.7:8000", **fields))
    return check_capacity(plan.config, plan.levels, agents)


def refusal(*agents: AgentRecord, **fields: Any) -> str:
    with pytest.raises(LoadcellError) as refused:
        check(*agents, **fields)
    assert refused.value.reason == "CAPACITY_EXCEEDED"
    return refused.value.message


def test_a_plan_within_the_calibration_needs_no_word():
    assert check(make_agent(requests=100), rate=[100], output_len=1) == []
    assert check(make_agent("a", requests=50), make_agent("b", requests=50), rate=[100]) == []
    assert check(make_agent(requests=30, worker_count=4), rate=[120]) == []


def test_a_refusal_names_the_limit_the_numbers_and_the_agents():
    agents = [make_agent("a", requests=200), make_agent("b", requests=400)]
    message = refusal(*agents, rate=[10, 1000])
    assert "1000/s is 1,000 requests/s, its 2 agents were calibrated for 600" in message
    assert "(a: 500 planned, 200 possible; b: 500 planned, 400 possible)" in message
    assert "--force" in message


def test_a_strong_agent_does_not_carry_the_share_of_a_weak_one():
    agents = [make_agent("strong", requests=10_000), make_agent("weak", requests=10)]
    message = refusal(*agents, rate=[100])
    assert "calibrated for 10,010 (weak: 50 planned, 10 possible)" in message


def test_tokens_are_a_limit_of_their_own():
    weak = make_agent(requests=1000, tokens=1_000)
    assert "100/s is 12,800 tokens/s, its 1 agent was calibrated for 1,000" in refusal(weak, rate=[100])
    # Neither whole bodies nor rows that may ask for other lengths were calibrated.
    assert check(weak, rate=[100], stream=False) == []
    assert check(weak, rate=[100], dataset_asset="0" * 64) == []


def test_force_makes_a_note_of_the_refusal():
    (note,) = check(make_agent(requests=10), rate=[100], output_len=1, force=True)
    assert note.startswith("forced beyond the capacity of the agents: 100/s is 100 requests/s")


def test_only_the_workers_that_the_run_uses_make_load():
    agent = make_agent(requests=100, worker_count=4)
    assert check(agent, rate=[400], output_len=1) == []
    assert "its 1 agent was calibrated for 100" in refusal(agent, rate=[400], output_len=1, worker_count=1)
    assert check(agent, rate=[400], output_len=1, worker_count=9) == []


def test_workers_beyond_the_cores_add_nothing():
    assert request_capacity(make_agent(requests=100, worker_count=8, host={"cpu_count": "2"}), 0) == 200
    assert request_capacity(make_agent(requests=100, worker_count=8, host={"cpu_count": "many"}), 0) == 800


def test_agents_of_one_host_share_its_cores():
    four = {"hostname": "box", "worker_count": 4, "host": {"cpu_count": "4"}}
    agents = [make_agent("a", requests=100, **four), make_agent("b", requests=100, **four)]
    assert check(agents[0], rate=[400], output_len=1) == []
    assert check(*agents, rate=[400], output_len=1) == []
    assert "its 2 agents were calibrated for 400 (a: 400 planned, 200 possible" in refusal(*agents, rate=[800])
    others = [make_agent(name, requests=100, **{**four, "hostname": name}) for name in "ab"]
    assert check(*others, rate=[800], output_len=1) == []


def test_a_host_gives_each_agent_cores_for_its_workers():
    box = {"hostname": "box", "host": {"cpu_count": "4"}}
    agents = [
        make_agent("small", requests=300, worker_count=1, **box),
        make_agent("large", requests=100, worker_count=3, **box),
    ]
    assert check(*agents, rate=[600], output_len=1) == []
    assert "large: 350 planned, 300 possible" in refusal(*agents, rate=[700])


def test_an_agent_without_a_share_leaves_its_host_alone():
    box = {"hostname": "box", "worker_count": 2, "host": {"cpu_count": "2"}}
    agents = [make_agent(name, requests=100, **box) for name in "ab"]
    # A cap of one keeps all but one worker of the first agent idle.
    assert check(*agents, rate=[100], max_concurrency=1, output_len=1) == []


def test_a_cap_that_keeps_workers_idle_lowers_what_is_possible():
    agent = make_agent(requests=100, worker_count=4)
    assert "calibrated for 200" in refusal(agent, rate=[400], output_len=1, max_concurrency=2)


def test_without_calibration_the_note_says_that_nothing_is_known():
    agents = [make_agent("known", requests=1000), *(make_agent(f"new-{n}") for n in range(5))]
    (note,) = check(*agents, rate=[100])
    assert "not calibrated are new-0, new-1, new-2 and 2 more (loadcell calibrate)" in note
    assert check(*agents, concurrency=[5]) == []  # whose rate nobody plans


def test_connections_need_file_descriptors():
    agent = make_agent(worker_count=2, host={"open_files_limit": "1064"})
    assert check(agent, concurrency=[2000], num_prompts=5000) == []
    message = refusal(agent, concurrency=[2001], num_prompts=5000)
    assert "c=2001 is 2,001 connections, its 1 agent can open 2,000" in message
    assert "2,500 connections" in refusal(agent, rate=[10], max_concurrency=2500)
    assert check(make_agent(), concurrency=[100_000], num_prompts=100_000) == []


def test_agents_that_get_nothing_of_a_level_are_not_asked():
    agents = [make_agent("a", requests=100), make_agent("b", requests=1)]
    assert check(*agents, rate=[50], max_concurrency=1, output_len=1) == []


@given(
    st.lists(st.integers(1, 1000), min_size=1, max_size=6),
    st.integers(1, 8),
    st.integers(1, 5000),
    st.integers(0, 40),
)
def test_no_worker_is_ever_asked_for_more_than_its_calibration(
    capacities: list[int], workers: int, rate: int, cap: int
):
    """What is let through gives every worker at most what one worker was calibrated for."""
    agents = [make_agent(f"a{n}", requests=each, worker_count=workers) for n, each in enumerate(capacities)]
    fields: dict[str, Any] = {"rate": [rate], "output_len": 1} | ({"max_concurrency": cap} if cap else {})
    try:
        check(*agents, **fields)
    except LoadcellError:
        return
    for index, capacity in enumerate(capacities):
        share = worker_share(
            concurrency=0, max_concurrency=cap, share=index, shares=len(agents), worker=0, workers=workers
        )
        assert rate * share.portion <= capacity + 1e-6
