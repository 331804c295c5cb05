from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from system import System


@pytest_asyncio.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    made = System(tmp_path / "home")
    yield made
    assert await made.has_no_processes(), f"left behind: {made.processes()}"
