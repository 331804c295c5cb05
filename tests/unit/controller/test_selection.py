"""Which agents a run may use, and in which order it takes them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from controller.dispatch.selection import has_labels, labels_there, ranked, with_labels
from tests.unit.controller.agent_records import make_agent


def names(agents: list, *, mine: tuple[str, ...] = (), worker_count: int = 0) -> list[str]:
    return [agent.agent_id for agent in ranked(agents, mine=mine, worker_count=worker_count)]


def test_an_agent_needs_every_label():
    agent = make_agent(labels={"region": "eu", "zone": "a"})
    assert has_labels(agent, {})
    assert has_labels(agent, {"region": "eu", "zone": "a"})
    assert not has_labels(agent, {"region": "eu", "zone": "b"})
    assert not has_labels(agent, {"region": "eu", "rack": ""})


def test_the_strongest_come_first_and_those_of_the_run_before_them():
    agents = [
        make_agent("plain"),
        make_agent("weak", requests=10),
        make_agent("strong", requests=10, worker_count=4),
        make_agent("a-plain"),
    ]
    assert names(agents) == ["strong", "weak", "a-plain", "plain"]
    assert names(agents, mine=("plain", "weak")) == ["weak", "plain", "strong", "a-plain"]


def test_only_the_workers_that_the_run_uses_count():
    agents = [make_agent("many-slow", requests=10, worker_count=8), make_agent("one-fast", requests=40)]
    assert names(agents) == ["many-slow", "one-fast"]
    assert names(agents, worker_count=1) == ["one-fast", "many-slow"]


@given(st.permutations([make_agent(f"a{n}", requests=n % 3) for n in range(8)]))
def test_the_order_does_not_depend_on_who_came_first(agents: list):
    assert names(agents) == ["a2", "a5", "a1", "a4", "a7", "a0", "a3", "a6"]


def test_labels_are_told_in_words():
    assert with_labels({}) == ""
    assert with_labels({"zone": "a", "region": "eu"}) == " with region=eu,zone=a"
    many = with_labels({f"k{n:02}": "v" for n in range(20)})
    assert many.endswith("k07=v and 12 more labels")


def test_who_asks_for_a_label_that_nobody_has_is_told_what_there_is():
    agents = [make_agent(labels={"region": "us"}), make_agent(labels={"region": "us"}), make_agent()]
    assert labels_there(agents, ["zone", "region"]) == "region=us (2), zone not set"
