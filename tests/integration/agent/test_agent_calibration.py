"""What a host was measured to be capable of reaches the controller."""

from __future__ import annotations

import asyncio
import json
import os
import sys

from tests.patience import PATIENCE_SECONDS

# The command as it is, but for three seconds of all the load there can be.
BRIEFLY = """
import functools, sys
from agent import calibrate
calibrate.calibrate = functools.partial(calibrate.calibrate, seconds=0.1)
sys.exit(calibrate.main())
"""


async def test_an_agent_that_is_calibrated_while_it_runs_tells_it_when_it_connects_again(
    controller, start_agent, tmp_path
):
    data_dir = tmp_path / "its own" / "data"
    async with start_agent(workers=1, LOADCELL_DATA_DIR=str(data_dir)):
        assert not controller.registers[0].HasField("calibration")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", BRIEFLY),
            env={**os.environ, "LOADCELL_DATA_DIR": str(data_dir)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, complaints = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
        assert process.returncode == 0, complaints.decode()
        assert str(data_dir) in complaints.decode()
        await controller.stop()
        before = len(controller.registers)
        await controller.start()
        await controller.until(lambda: len(controller.registers) > before)
        told = controller.registers[-1].calibration
        measured = json.loads(said)
        assert min(measured.values()) > 0
        assert {field.name: value for field, value in told.ListFields()} == measured
        assert controller.registers[-1].host["open_files_limit"]
