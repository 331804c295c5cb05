import asyncio
import contextlib
import itertools
import os
import sys
from contextlib import asynccontextmanager

import psutil
import pytest
import pytest_asyncio
from fake_controller import AgentProcess, FakeController

from loadcell.v1 import agent_pb2
from tests.patience import PATIENCE_SECONDS


@pytest.fixture
async def controller():
    fake = FakeController()
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
def start_agent(controller, tmp_path):
    """Start agents that are ended, and checked to have left no process, after the test."""

    def start(workers=2, exit_status=0, **settings):
        return running_agent(controller, tmp_path, workers, exit_status, **settings)

    return start


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_controller():
    """A controller for the tests of a module that disturb neither it nor its agent."""
    fake = FakeController()
    await fake.start()
    yield fake
    await fake.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_agent(shared_controller, tmp_path_factory):
    """An agent of two workers, for the same tests: most of their time would go into starting one for each."""
    async with running_agent(shared_controller, tmp_path_factory.mktemp("agent"), workers=2) as agent:
        yield agent


@pytest.fixture(scope="module")
def _lease_numbers():
    return itertools.count(1)


@pytest_asyncio.fixture(loop_scope="module")
async def lease(shared_controller, shared_agent, _lease_numbers):
    """The name of a lease that this test alone has on the shared agent; it is over when the test is."""
    name = f"lease{next(_lease_numbers)}"
    yield name
    last = {update.lease_id: update.state for update in shared_controller.updates}
    for given, state in last.items():
        if given.startswith(name) and state < agent_pb2.LEASE_STATE_COMPLETED:  # the test has failed
            await shared_controller.send(lease_cancel=agent_pb2.LeaseCancel(lease_id=given, reason="test is over"))


@asynccontextmanager
async def running_agent(controller, folder, workers=2, exit_status=0, **settings):
    """Run an agent; on leaving, end it and make sure that it ends as it should and leaves no process."""
    log = folder / f"agent{len(list(folder.iterdir()))}.log"
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LOADCELL_")},
        "LOADCELL_CONTROLLER": f"127.0.0.1:{controller.port}",
        "LOADCELL_DATA_DIR": str(folder / "data"),
        "LOADCELL_WORKERS": str(workers),
        "LOADCELL_AGENT_ID": "tested",
        **settings,
    }
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "agent", env=environ, stderr=file)
    agent = AgentProcess(process, log)
    workers_seen = []
    try:
        await controller.until(lambda: controller.registers)
        workers_seen = agent.workers()
        yield agent
        if process.returncode is None:
            workers_seen = [*workers_seen, *agent.workers()]
            process.terminate()
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await process.wait() == exit_status, agent.log
        assert not [worker for worker in workers_seen if worker.is_running()]
        assert "Traceback" not in agent.log, agent.log
    finally:
        print(agent.log)  # noqa: T201  shown with a failure
        if process.returncode is None:
            workers_seen = [*workers_seen, *agent.workers()]
            process.kill()
            await agent.ended()
        for worker in workers_seen:
            with contextlib.suppress(psutil.NoSuchProcess):
                worker.kill()
