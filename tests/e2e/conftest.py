import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from system import System, free_address

from tests.patience import PATIENCE_SECONDS


@pytest_asyncio.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    """A user with nothing running."""
    made = System(tmp_path / "home")
    yield made
    await made.close()
    assert await made.has_no_processes(), f"left behind: {made.processes()}"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A user whose system is up already; the tests of a module share it."""
    made = System(tmp_path_factory.mktemp("shared") / "home")
    addresses = ("--grpc", free_address(), "--http", free_address(), "--exporter", free_address())
    # Leaving the block closes the pipe, whatever fails before.
    with subprocess.Popen(
        [*made.command, "up", *addresses], stdout=subprocess.PIPE, env=made.environment, stdin=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().startswith(b"loadcell is up"), made.logs()
            yield made
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(PATIENCE_SECONDS)
    assert code == 0
