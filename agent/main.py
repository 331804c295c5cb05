"""Puts an agent together and runs it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import structlog

from agent.assets import Assets
from agent.calibration import load_calibration
from agent.clock import OffsetEstimator
from agent.contact import Contact, contact_file
from agent.host import default_agent_id, host_facts, kernel_timestamps
from agent.leases import Leases
from agent.pool import Spawned, WorkerPool
from agent.probing import Probing
from agent.scraping import Scraping
from agent.session import Identity, Session
from agent.settings import AgentSettings
from agent.spool.spool import Spool
from agent.uplink import Uplink
from agent.worker.messages import FromWorker
from loadcell.channel import dial
from loadcell.clock import AnchoredClock, StepDetector
from loadcell.data_dir import data_dir
from loadcell.errors import LoadcellError
from loadcell.exit_codes import give_up
from loadcell.lifetime import wait_for_stop
from loadcell.settings import SettingsError
from loadcell.target_guard.guard import TargetGuard
from loadcell.tls import client_tls, server_tls

_CANCEL_SECONDS = 2.0
# How long a controller that is started beside this agent may take to open its unix socket, and how often to look.
_SOCKET_SECONDS = 5.0
_SOCKET_POLL_SECONDS = 0.01

log = structlog.get_logger()


class Agent:
    """The main process: one session, one uplink, N workers.

    Args:
        settings: How to run.
        spawned: Worker processes, already started.
        spool: Where samples are kept on disk; None: nowhere.
    """

    def __init__(self, settings: AgentSettings, spawned: Sequence[Spawned], spool: Spool | None) -> None:
        directory = data_dir(settings.data_dir)
        self._settings = settings
        self._agent_id = settings.agent_id or default_agent_id(directory)
        self._channel = dial(
            str(settings.controller),
            api_key=settings.api_key,
            agent_token=settings.agent_token,
            tls=client_tls(settings.tls_ca, settings.tls_client_cert, settings.tls_client_key),
        )
        clock, offset, steps = AnchoredClock(), OffsetEstimator(), StepDetector()
        self._pool = WorkerPool(spawned, on_message=self._on_message, on_death=self._on_death)
        self._uplink = Uplink(
            self._channel,
            agent_id=self._agent_id,
            memory_bytes=settings.uplink_memory_mb * 1024 * 1024,
            spool=spool,
            pause_workers=self._pool.pause,
            on_refused=self._on_refused,
            on_acknowledged=self._on_acknowledged,
        )
        assets = Assets(self._channel, directory / "assets")
        guard = TargetGuard(settings.target_deny, settings.target_allow)
        self._probing = Probing(assets, guard)
        self._scraping = Scraping(guard)
        self._contact = Contact(contact_file(directory, self._agent_id))
        self._session = Session(
            self._channel,
            self._identity(directory),
            clock=clock,
            offset=offset,
            steps=steps,
            probe=self._probing.start,
            scrape=self._scraping.start,
            waiting=self._uplink.waiting,
            contact=self._contact,
            on_silent=self._dial_anew,
        )
        self._leases = Leases(
            self._pool,
            self._uplink,
            assets,
            guard=guard,
            clock=clock,
            offset=offset,
            report=self._session.report,
        )
        self._clock, self._offset, self._steps = clock, offset, steps

    def metrics(self) -> AbstractContextManager[object]:
        """Return what serves metrics and health until it is left, if that is asked for.

        Raises:
            SettingsError: The address is taken, or a file of TLS cannot be used.
        """
        settings = self._settings
        if settings.metrics is None:
            return contextlib.nullcontext()
        # What is only for metrics takes a tenth of a second and some megabytes.
        from agent.metrics.serving import open_metrics_port  # noqa: PLC0415
        from agent.metrics.vitals import AgentVitals  # noqa: PLC0415

        vitals = AgentVitals(
            self._session,
            self._uplink,
            self._pool,
            self._leases,
            self._clock,
            self._offset,
            self._steps,
            spool_limit_bytes=settings.spool_mb * 1024 * 1024,
        )
        tls = server_tls(settings.tls_cert, settings.tls_key, settings.tls_client_ca)
        shown = None if tls is None else tls.over_http()
        return contextlib.closing(open_metrics_port(settings.metrics, vitals, data_dir(settings.data_dir), shown))

    async def run(self) -> str:
        """Serve until told to end and return why.

        Raises:
            LoadcellError: the controller does not want this agent.
        """
        loop = asyncio.get_running_loop()
        uplink = loop.create_task(self._uplink.run())
        session = loop.create_task(self._hold_session())
        stop = loop.create_task(wait_for_stop(exit_with_parent=self._settings.exit_with_parent))
        try:
            self._contact.open()
            await self._pool.open()
            log.info(
                "application_started",
                address=str(self._settings.controller),
                agent_id=self._agent_id,
                workers=len(self._pool),
            )
            await self._probing.load()
            await asyncio.wait({stop, session, uplink}, return_when=asyncio.FIRST_COMPLETED)
            for serving in (session, uplink):
                if serving.done():
                    await serving
            why = await stop
            await self._wind_down()
            return why
        finally:
            for task in (session, uplink, stop):
                task.cancel()
            await asyncio.gather(session, uplink, stop, return_exceptions=True)
            await self._probing.close()
            await self._scraping.close()
            await self._leases.close()
            await self._pool.close()
            self._uplink.close()
            await self._channel.close()
            self._contact.close()

    async def _hold_session(self) -> None:
        path = self._settings.controller.unix_path
        with contextlib.suppress(TimeoutError):
            # Dialling a socket that is not there yet would cost a back-off at every start of `loadcell run`.
            async with asyncio.timeout(_SOCKET_SECONDS):
                while path and not Path(path).exists():  # noqa: ASYNC110, ASYNC240 - a look at the directory
                    await asyncio.sleep(_SOCKET_POLL_SECONDS)
        await self._session.run(self._leases)

    async def _wind_down(self) -> None:
        """Stop the load and deliver what was measured, within bounds."""
        self._leases.cancel_all("the agent is ending")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CANCEL_SECONDS):
                await self._leases.all_ended()
        try:
            async with asyncio.timeout(self._settings.delivery_seconds):
                await self._uplink.delivered()
                await self._leases.all_heard()
        except TimeoutError:
            log.warning("samples_not_delivered", waited_seconds=self._settings.delivery_seconds)

    def _dial_anew(self) -> None:
        self._channel.renew()
        self._uplink.renew()

    def _identity(self, directory: Path) -> Identity:
        return Identity(
            agent_id=self._agent_id,
            hostname=socket.gethostname(),
            labels=self._settings.labels or {},
            worker_count=len(self._pool),
            host=host_facts(),
            calibration=partial(load_calibration, directory),
            kernel_timestamps=kernel_timestamps(),
        )

    def _on_message(self, worker: int, message: FromWorker) -> None:
        self._leases.on_message(worker, message)

    def _on_death(self, worker: int, why: str) -> None:
        self._leases.on_worker_death(worker, why)

    def _on_refused(self, lease_id: str, reason: str) -> None:
        self._leases.refused(lease_id, reason)

    def _on_acknowledged(self, lease_id: str) -> None:
        self._leases.acknowledged(lease_id)


async def serve(settings: AgentSettings, spawned: Sequence[Spawned], spool: Spool | None) -> int:
    """Run an agent and return its exit status."""
    try:
        agent = Agent(settings, spawned, spool)
        with agent.metrics():
            why = await agent.run()
    except SettingsError as error:
        return give_up("agent", error)
    except LoadcellError as error:
        log.warning("agent_refused", reason=error.reason, detail=error.message)
        return 1
    log.info("application_shutdown", why=why)
    return 0
