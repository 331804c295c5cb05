import asyncio
import os
import sys
from contextlib import asynccontextmanager

import pytest
from fake_controller import AgentProcess, FakeController

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

    @asynccontextmanager
    async def start(workers=2, exit_status=0, **settings):
        log = tmp_path / f"agent{len(list(tmp_path.iterdir()))}.log"
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LOADCELL_")},
            "LOADCELL_CONTROLLER": f"127.0.0.1:{controller.port}",
            "LOADCELL_DATA_DIR": str(tmp_path / "data"),
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
                process.kill()
                await process.wait()

    return start
