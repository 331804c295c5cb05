"""What an agent may not be aimed at, whatever the controller says."""

import pytest
from fake_controller import grant

from loadcell.mockserver.behavior import Behavior
from loadcell.mockserver.server import serve
from loadcell.v1 import agent_pb2


@pytest.fixture
async def agent(start_agent):
    async with start_agent(workers=1, LOADCELL_TARGET_DENY="127.0.0.2,*.example.com") as started:
        yield started


async def probe(controller, url, probe_id="p"):
    lease = grant(url)
    await controller.send(probe=agent_pb2.Probe(probe_id=probe_id, target=lease.target, workload=lease.workload))
    await controller.until(lambda: probe_id in controller.probe_results)
    return controller.probe_results[probe_id]


@pytest.mark.parametrize(
    ("host", "rule"),
    [
        ("0x7f.2", "'127.0.0.2'"),
        ("[::ffff:127.0.0.2]", "'127.0.0.2'"),
        ("2852039166", "metadata service of a cloud"),
    ],
)
async def test_a_denied_target_ends_the_probe_with_its_rule(controller, agent, host, rule):
    async with serve(Behavior()) as server:
        port = server.url.rpartition(":")[2]
        result = await probe(controller, f"http://{host}:{port}")
    assert result.error_reason == "TARGET_DENIED", result
    assert rule in result.error
    assert server.requests == 0


async def test_a_lease_for_a_denied_target_fails_and_sends_nothing(controller, agent):
    async with serve(Behavior()) as server:
        allowed = await probe(controller, server.url)
        assert allowed.error == ""
        seen = server.requests
        port = server.url.rpartition(":")[2]
        lease = grant(f"http://127.0.0.2:{port}", concurrency=2, request_count=10)
        await controller.send(lease_grant=lease)
        update = await controller.state(lease.lease_id, "FAILED")
        assert "'127.0.0.2' in LOADCELL_TARGET_DENY" in update.error
        assert server.requests == seen


async def test_workers_obey_the_allow_list(controller, start_agent):
    async with serve(Behavior()) as server:
        port = server.url.rpartition(":")[2]
        async with start_agent(workers=1, LOADCELL_TARGET_ALLOW=f"127.0.0.1:{port}"):
            await controller.begin(grant(server.url, "good", concurrency=1, request_count=3))
            await controller.state("good", "COMPLETED")
            await controller.send(
                lease_grant=grant(f"http://127.0.0.3:{port}", "bad", concurrency=1, request_count=3)
            )
            update = await controller.state("bad", "FAILED")
    assert "none of those in LOADCELL_TARGET_ALLOW" in update.error


async def test_the_rules_of_a_project_take_away_and_never_add(controller, agent):
    async with serve(Behavior()) as server:
        port = server.url.rpartition(":")[2]
        for name, host, rules, why in (
            ("other", "127.0.0.1", "10.0.0.0/8,*.example.org", "none of those that runs of its project may have"),
            ("denied", "127.0.0.2", "127.0.0.0/8", "'127.0.0.2' in LOADCELL_TARGET_DENY"),
        ):
            lease = grant(f"http://{host}:{port}", name, concurrency=1, request_count=3)
            lease.target.allowed_targets = rules
            await controller.send(lease_grant=lease)
            assert why in (await controller.state(name, "FAILED")).error
            await controller.send(
                probe=agent_pb2.Probe(probe_id=name, target=lease.target, workload=lease.workload)
            )
            await controller.until(lambda name=name: name in controller.probe_results)
            assert why in controller.probe_results[name].error
        assert server.requests == 0
        lease = grant(server.url, "mine", concurrency=1, request_count=3)
        lease.target.allowed_targets = f"127.0.0.0/8:{port}"
        await controller.begin(lease)
        await controller.state("mine", "COMPLETED")
