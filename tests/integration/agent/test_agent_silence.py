"""Sessions that end without a word: the controller's host has vanished, or the agent's own heartbeats have."""

import asyncio
import contextlib

import pytest
from fake_controller import grant

from agent.clock import OffsetEstimator
from agent.contact import Contact, contact_file
from agent.session import Identity, Session
from loadcell.channel import dial
from loadcell.clock import AnchoredClock, StepDetector
from loadcell.mockserver.behavior import Behavior
from loadcell.mockserver.server import serve
from tests.fakes.tcp_server import tcp_server
from tests.patience import PATIENCE_SECONDS


class Line:
    """The way to the controller. Connections made before `die` stand for ever and carry nothing; later ones do."""

    def __init__(self, controller):
        self._controller = controller
        self._alive = asyncio.Event()
        self._alive.set()
        self.connections = 0

    def die(self):
        self._alive.clear()
        self._alive = asyncio.Event()
        self._alive.set()

    async def carry(self, reader, writer):
        self.connections += 1
        alive = self._alive
        there, back = await asyncio.open_connection("127.0.0.1", self._controller.port)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_copy(reader, back, alive))
                both.create_task(_copy(there, writer, alive))
        finally:
            back.transport.abort()
            with contextlib.suppress(ConnectionError):
                await asyncio.shield(back.wait_closed())


async def _copy(reader, writer, alive):
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            await alive.wait()
            writer.write(data)
            await writer.drain()
    if alive.is_set():
        writer.close()


async def test_agent_finds_its_controller_again_over_a_new_connection_and_delivers(controller, start_agent):
    controller.heartbeat_micros = 300_000
    line = Line(controller)
    async with (
        serve(Behavior()) as server,
        tcp_server(line.carry) as port,
        start_agent(workers=2, LOADCELL_CONTROLLER=f"127.0.0.1:{port}") as agent,
    ):
        await controller.begin(grant(server.url, rate=100, arrival=1, request_count=400))
        await controller.until(lambda: controller.batches)
        before = len(controller.registers), line.connections
        line.die()
        measured, _ = await controller.rows("lease")
        assert len(controller.registers) > before[0]
        assert line.connections > before[1]
        assert '"event":"session_silent"' in agent.log
    assert sorted(row.ordinal for row in measured) == list(range(400))


class NoLeases:
    def updates(self):
        return []

    progress = updates

    def ended_ids(self):
        return set()


async def test_session_does_not_outlive_its_heartbeats(controller, tmp_path):
    def broken():
        raise ZeroDivisionError

    async with dial(f"127.0.0.1:{controller.port}") as channel:
        identity = Identity("tested", "host", {}, 1, {}, calibration=lambda: None, kernel_timestamps=False)
        session = Session(
            channel,
            identity,
            clock=AnchoredClock(),
            offset=OffsetEstimator(),
            steps=StepDetector(),
            probe=None,
            scrape=None,
            waiting=broken,
            contact=Contact(contact_file(tmp_path, "tested")),
            on_silent=None,
        )
        async with asyncio.timeout(PATIENCE_SECONDS):
            with pytest.raises(ZeroDivisionError):
                await session.run(NoLeases())
