"""A set of child processes that belong together: controller, agents and, when wanted, a gateway."""

import asyncio
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from loadcell.settings import Secret
from loadcell.stack.child import Child, ChildError
from loadcell.stack.log_folder import LogFolder

# A process that ends is noticed at once: this is for one that hangs, on a machine of any speed.
START_PATIENCE_SECONDS = 120.0
STOP_PATIENCE_SECONDS = 10.0  # beyond the time that calls being served have
_POLL_SECONDS = 0.01
_MADE_KEY = "lc_live_"  # how the keys begin that `loadcell keys create` makes

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class StackPlan:
    """What to start.

    Attributes:
        directory: Data directory; logs go to its folder logs/, see LogFolder.
        database: Database URL of the controller.
        grpc: Address of the controller; empty for a unix socket that only this user can reach.
        agents: Number of agents.
        workers: Worker processes of each agent; 0 shares the cores among the agents.
        http: Address of the gateway; empty for none.
        exporter: Address of the gateway's Prometheus exporter.
        stop_seconds: How long calls being served may go on at the end, as LOADCELL_STOP_SECONDS says.
        companion: Key with which agents and gateway are let in without one of their own; empty: they have one.
    """

    directory: Path
    database: str = field(repr=False)
    grpc: str = ""
    agents: int = 1
    workers: int = 0
    http: str = ""
    exporter: str = ""
    stop_seconds: int = 30
    companion: Secret = field(default_factory=lambda: Secret(""))


@dataclass(slots=True)
class Stack:
    """The running processes. Starting them returns at once; `ready` waits."""

    plan: StackPlan
    grpc: str = ""
    children: list[Child] = field(default_factory=list)
    _private: Path | None = None
    _logs: LogFolder | None = None

    @property
    def controller(self) -> Child:
        """The controller's process."""
        return self.children[0]

    @property
    def agents(self) -> list[Child]:
        """The agents' processes."""
        return self.children[1 : 1 + self.plan.agents]

    def start(self) -> None:
        """Start every process.

        Raises:
            OSError: A process cannot be started or a log cannot be written.
        """
        plan = self.plan
        if plan.grpc:
            self.grpc = plan.grpc
        else:
            self._private = Path(tempfile.mkdtemp(prefix="loadcell-"))
            self.grpc = f"unix:{self._private}/grpc"
        shared = {"LOADCELL_CONTROLLER": self.grpc, "LOADCELL_DATA_DIR": str(plan.directory)}
        controller = {
            "LOADCELL_GRPC": self.grpc,
            "LOADCELL_DATABASE_URL": plan.database,
            "LOADCELL_DATABASE_URL_FILE": "",  # ours may have come from there
            "LOADCELL_COMPANION_KEY": plan.companion.reveal(),
        }
        own = {"LOADCELL_API_KEY": plan.companion.reveal()} if plan.companion else {}
        if self._private is not None:
            # An agent leaves once a heartbeat told it that everything has arrived: a short command waits for that.
            # And nobody else will take its samples when this controller has gone, so none are kept on disk. Nobody
            # starts an agent anew that was killed, so a run does not wait long for one.
            for name, value in (
                ("LOADCELL_HEARTBEAT_SECONDS", "0.25"),
                ("LOADCELL_DELIVERY_SECONDS", "1"),
                ("LOADCELL_SPOOL_MB", "0"),
                ("LOADCELL_AGENT_WAIT_SECONDS", "15"),
            ):
                shared[name] = os.environ.get(name) or value
            # Whoever reaches the socket is this user, and nobody is there to make tokens for these agents.
            controller |= {"LOADCELL_REQUIRE_AGENT_TOKEN": "false"}
            if os.environ.get("LOADCELL_API_KEY", "").startswith(_MADE_KEY):
                controller["LOADCELL_API_KEY"] = ""  # meant for another controller, and refused by this one
            shared |= {"LOADCELL_AGENT_TOKEN": "", "LOADCELL_AGENT_TOKEN_FILE": ""}
        self._spawn("controller", "controller", {**shared, **controller})
        workers = plan.workers or max(1, (os.cpu_count() or 1) // max(1, plan.agents))
        for number in range(1, plan.agents + 1):
            name = f"agent-{number}"
            agent = {"LOADCELL_AGENT_ID": f"{_safe_hostname()}-{number}", "LOADCELL_WORKERS": str(workers)}
            self._spawn(name, "agent", {**shared, **own, **agent})
        if plan.http:
            gateway = {"LOADCELL_HTTP": plan.http, "LOADCELL_EXPORTER": plan.exporter}
            gateway |= {"LOADCELL_COMPANION_KEY": plan.companion.reveal()}
            self._spawn("gateway", "gateway", {**shared, **gateway})

    async def ready(self, awaitable: Awaitable[T], what: str) -> T:
        """Wait for something that needs all processes.

        Raises:
            ChildError: A process ended meanwhile, or it took longer than START_PATIENCE_SECONDS.
        """
        task = asyncio.ensure_future(awaitable)
        deadline = time.monotonic() + START_PATIENCE_SECONDS
        try:
            while not task.done():
                for child in self.children:
                    child.check()
                if time.monotonic() > deadline:
                    raise ChildError(f"{what} took longer than {START_PATIENCE_SECONDS:g} s")
                await asyncio.wait([task], timeout=_POLL_SECONDS)
            # What answers at the address of a child that has ended is somebody else.
            for child in self.children:
                child.check()
            return task.result()
        finally:
            task.cancel()

    async def listening(self) -> None:
        """Wait until the controller listens, without gRPC's back-off between attempts to connect."""
        path = self.grpc.removeprefix("unix:")
        while self._private is not None and not os.path.exists(path):  # noqa: ASYNC110, ASYNC240, PTH110 (a stat)
            await asyncio.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """End the processes in good order: who depends on others goes first. An interrupt ends them at once."""
        if self.children and self.controller.exit_code is not None:
            self.kill()  # without the controller nothing can be delivered any more
        patience = self.plan.stop_seconds + STOP_PATIENCE_SECONDS
        deadline = time.monotonic() + patience
        try:
            for child in reversed(self.children[1:]):
                child.terminate()
            for child in reversed(self.children[1:]):
                child.close(max(0.0, deadline - time.monotonic()))
            for child in self.children[:1]:
                child.terminate()
                child.close(patience)
        except KeyboardInterrupt:
            self.kill()
            raise
        self._clean_up()

    def kill(self) -> None:
        """End everything at once."""
        for child in self.children:
            child.kill()
        self._clean_up()

    def _spawn(self, name: str, module: str, settings: dict[str, str]) -> None:
        self.children.append(Child(name, module, settings, self._log_folder().path / f"{name}.log"))

    def _log_folder(self) -> LogFolder:
        if self._logs is None:
            self._logs = LogFolder(self.plan.directory / "logs")
        return self._logs

    def _clean_up(self) -> None:
        self.children.clear()
        if self._logs is not None:
            self._logs.release()
            self._logs = None
        if self._private is not None:
            shutil.rmtree(self._private, ignore_errors=True)


def _safe_hostname() -> str:
    name = "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in socket.gethostname())
    return name[:100] if name.isascii() and name else "local"
