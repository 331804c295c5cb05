"""What is kept of runs that are out of the ordinary: failed ones, and those with equal levels."""

from __future__ import annotations

from loadcell.v1 import run_pb2


async def test_F10_a_failed_run_keeps_its_reason_and_its_end(start):
    controller = await start(agent_wait_seconds=0.2)
    run_id = await controller.create()
    failed = await controller.ended(run_id)
    assert (failed.status, failed.error) == ("failed", "0 of 1 agents were ready after 0.2 s")
    assert failed.completed_at.ToMicroseconds() > failed.created_at.ToMicroseconds() > 0
    another = await start()  # it never saw the run and has only what was stored
    assert await another.run(run_id) == failed
    [listed] = (await another.runs.ListRuns(run_pb2.ListRunsRequest())).runs
    assert (listed.error, listed.completed_at) == (failed.error, failed.completed_at)


async def test_F14_equal_levels_are_levels_of_their_own(controller):
    agent = await controller.agent(complete=False)
    run_id = await controller.create(concurrency=[2, 2], num_prompts=10)
    for level, failures in enumerate((3, 0)):
        lease = f"{run_id}.{level}.0"
        await agent.until(lambda lease=lease: lease in agent.starts)
        agent.fail_requests = failures
        await agent.finish(lease, await agent.deliver(lease))
    await controller.ended(run_id)
    results = (await controller.result(run_id)).results
    assert [(r.index, r.concurrency, r.failed_requests) for r in results] == [(0, 2, 3), (1, 2, 0)]
    async for update in controller.runs.WatchRun(run_pb2.WatchRunRequest(run_id=run_id)):
        last = update
    assert [(p.index, p.completed, p.error_count) for p in last.levels] == [(0, 10, 3), (1, 10, 0)]
