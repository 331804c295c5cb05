"""Processes end on a signal and with their parent."""

import signal
import subprocess
import sys

import pytest

from tests.patience import PATIENCE_SECONDS, first_line

PROGRAM = """
import asyncio
from loadcell.lifetime import end_at_once_on_a_signal, wait_for_stop

async def main():
    waiting = asyncio.create_task(wait_for_stop(exit_with_parent=True))
    await asyncio.sleep(0)
    print("ready", flush=True)
    print(await waiting, flush=True)
    end_at_once_on_a_signal()
    print("stopping", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
def child():
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as p:
        assert first_line(p) == "ready\n"
        try:
            yield p
        finally:
            p.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_process(child, number):
    child.send_signal(number)
    assert first_line(child) == f"{number.name}\n"
    assert child.stdout.readline() == "stopping\n"
    child.send_signal(number)
    assert child.wait(PATIENCE_SECONDS) == -number


def test_the_end_of_the_parents_pipe_ends_the_process(child):
    child.stdin.close()
    assert first_line(child) == "parent exited\n"
