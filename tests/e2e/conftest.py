import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from system import System

from tests.command_server import CommandServer
from tests.free_ports import free_address
from tests.patience import PATIENCE_SECONDS, first_line


@pytest_asyncio.fixture
async def system(tmp_path: Path, command_server: CommandServer) -> AsyncIterator[System]:
    """A user with nothing running."""
    made = System(tmp_path / "home", command_server)
    yield made
    left = await made.close()
    assert not left, f"left behind: {left}"


@pytest_asyncio.fixture
async def shared(shared_stack: "SharedStack") -> AsyncIterator[System]:
    """A user whose system is up already; all tests share it."""
    made = shared_stack.up()
    yield made
    if made.unfinished():  # the test has failed, and its run may go on in what is shared
        shared_stack.kill()
        await made.close()


@pytest.fixture(scope="package")
def shared_stack(
    tmp_path_factory: pytest.TempPathFactory, command_server: CommandServer
) -> Iterator["SharedStack"]:
    stack = SharedStack(tmp_path_factory, command_server)
    yield stack
    stack.down()


class SharedStack:
    """`loadcell up`, started when it is first wanted, and again after a test that failed."""

    def __init__(self, places: pytest.TempPathFactory, commands: CommandServer) -> None:
        self._places = places
        self._commands = commands
        self._system: System | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def up(self) -> System:
        """Make sure that it is up."""
        if self._system is not None:
            return self._system
        made = System(self._places.mktemp("shared") / "home", self._commands)
        made.grpc = free_address()
        addresses = ("--grpc", made.grpc, "--http", free_address(), "--exporter", free_address())
        self._process = subprocess.Popen(
            [*made.command, "up", *addresses],
            stdout=subprocess.PIPE,
            env=made.environment,
            stdin=subprocess.DEVNULL,
        )
        self._system = made
        if not (first_line(self._process) or b"").startswith(b"loadcell is up"):
            self.kill()
            pytest.fail(f"the shared system is not up: {made.logs()}")
        return made

    def down(self) -> None:
        """End it as a user does."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            assert self._process.wait(PATIENCE_SECONDS) == 0
        finally:
            self.kill()

    def kill(self) -> None:
        """End it at once, with everything."""
        if self._process is not None and self._system is not None:
            self._system.kill()
            with self._process:  # which closes the pipe
                self._process.wait(PATIENCE_SECONDS)
        self._process = self._system = None
