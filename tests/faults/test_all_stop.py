"""Everything is told to end, or dies, in mid-run; what comes up again finds straight books."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from world import OPEN, world


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
async def test_everything_ends_in_mid_run(tmp_path: Path, seed: int, number: signal.Signals) -> None:
    async with world(tmp_path, seed, agents=2, LOADCELL_AGENT_WAIT_SECONDS="3") as here:
        run_id = await here.in_the_middle(OPEN)
        for service in here.services:
            service.send(number)
        codes = {await service.ended() for service in here.services}
        assert codes == ({0} if number == signal.SIGTERM else {-number})
        for service in here.services:
            await service.start()
        await here.registered()
        books = await here.books(run_id)
        assert books.result.status in {"completed", "failed"}
        # And the next run finds everybody at work.
        after = await here.books(await here.begin(**OPEN))
        assert after.result.status == "completed"
