"""Who takes over a lost share, by what each agent can do beside what it does already."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from controller.dispatch.cutting import Share
from controller.dispatch.heirs import choose_heirs
from controller.plan import plan_run
from controller.store.records import AgentRecord
from loadcell.v1 import run_pb2
from tests.unit.controller.agent_records import make_agent


def choose(
    own: list[AgentRecord], free: list[AgentRecord] | None = None, most: int = 64, **fields: Any
) -> tuple[list[str], str]:
    """Heirs of the first share of a run whose other shares are carried by `own`, one each."""
    spec = {"server_url": "http://10.0.0.7:8000", "output_len": 1, **fields}
    plan = plan_run(run_pb2.CreateRunRequest(**spec))
    carried = [(agent, [Share(position, len(own) + 1)]) for position, agent in enumerate(own, 1)]
    return choose_heirs(plan.config, plan.levels[0], Share(0, len(own) + 1), carried, free or [], most)


def test_all_who_can_share_it():
    own = [make_agent(name, requests=100) for name in "ab"]
    assert choose(own, rate=[150]) == (["a", "b"], "")
    assert choose([make_agent("a"), make_agent("b")], rate=[1e6]) == (["a", "b"], "")  # nothing is known of them


def test_who_cannot_carry_more_is_left_out():
    own = [make_agent("weak", requests=55), make_agent("strong", requests=200)]
    assert choose(own, rate=[150]) == (["strong"], "")


def test_a_free_agent_helps_when_those_of_the_run_cannot():
    own = [make_agent(name, requests=55) for name in "ab"]
    free = [make_agent(name, requests=60) for name in "yz"]
    assert choose(own, free, rate=[150]) == (["y"], "")
    small = [make_agent(name, requests=30) for name in "yz"]
    assert choose(own, small, rate=[150]) == (["y", "z"], "")


def test_when_nobody_can_the_agents_of_the_run_do_it_and_it_is_told():
    heirs, note = choose(
        [make_agent(name, requests=55) for name in "ab"], [make_agent("z", requests=1)], rate=[150]
    )
    assert heirs == ["a", "b"]
    assert note.startswith(
        "150/s was given to agents beyond their capacity and may be limited by the client: 150/s"
    )
    assert "(a: 75 planned, 55 possible; b: 75 planned, 55 possible)" in note


def test_a_forced_run_takes_its_own_agents_and_tells():
    heirs, note = choose([make_agent("a", requests=55)], [make_agent("z", requests=900)], rate=[100], force=True)
    assert heirs == ["a"]
    assert "a: 100 planned, 55 possible" in note


def test_a_run_without_agents_takes_one_free_agent_that_can():
    free = [make_agent("weak", requests=10), make_agent("strong", requests=100)]
    assert choose([], free, rate=[100]) == (["strong"], "")
    heirs, note = choose([], free[:1], rate=[100])
    assert (heirs, "weak: 100 planned, 10 possible" in note) == (["weak"], True)
    assert choose([], [], rate=[100]) == ([], "")


def test_the_part_of_a_worker_goes_to_one_agent():
    own = [make_agent("weak", requests=40), make_agent("strong", requests=200)]
    assert choose(own, most=1, rate=[120]) == (["strong"], "")
    assert choose(own[:1], [make_agent("z", requests=60)], most=1, rate=[80]) == (["z"], "")


def test_connections_of_an_heir_are_counted_with_those_it_has():
    full = make_agent("full", host={"open_files_limit": "564"})  # 500 connections
    roomy = make_agent("roomy", host={"open_files_limit": "2064"})
    assert choose([full, roomy], concurrency=[1500], num_prompts=9000) == (["roomy"], "")


def test_heirs_on_one_host_share_its_cores():
    box = {"hostname": "box", "worker_count": 2, "host": {"cpu_count": "2"}}
    own = [make_agent(name, requests=100, **box) for name in "ab"]
    far = make_agent("far", requests=100, worker_count=2, host={"cpu_count": "2"})
    assert choose(own, [far], rate=[250])[0] == ["far"]


@given(st.lists(st.integers(1, 300), min_size=1, max_size=5), st.lists(st.integers(1, 300), max_size=4), st.data())
def test_without_a_note_nobody_has_more_than_it_can_do(own: list[int], free: list[int], data: st.DataObject):
    rate = data.draw(st.integers(1, 1000))
    agents = {f"own-{n}": make_agent(f"own-{n}", requests=each) for n, each in enumerate(own)}
    others = {f"free-{n}": make_agent(f"free-{n}", requests=each) for n, each in enumerate(free)}
    if any(rate / (len(own) + 1) > each for each in own):
        return  # it was beyond their capacity from the start
    heirs, note = choose(list(agents.values()), list(others.values()), rate=[rate])
    capacity = dict(zip(agents, own, strict=True)) | dict(zip(others, free, strict=True))
    if not note:
        for heir in heirs:
            has = rate / (len(own) + 1) if heir in agents else 0.0
            assert has + rate / (len(own) + 1) / len(heirs) <= capacity[heir] + 1e-6
