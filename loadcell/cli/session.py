"""The controller a command talks to: a named one, the one that runs on this machine, or one of our own."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loadcell.cli.failure import EXIT_RUN_FAILED, EXIT_UNREACHABLE, EXIT_USAGE, CommandError
from loadcell.cli.settings import CliSettings, database_name, database_url
from loadcell.data_dir import data_dir
from loadcell.settings import Secret, addresses, load
from loadcell.stack import ChildError, Claim, Owner, Stack, StackPlan, find_or_claim

if TYPE_CHECKING:
    from loadcell.client import Client

CONNECT_PATIENCE_SECONDS = 3.0
_LOOK_SECONDS = 1.0
MAX_AGENTS_HERE = 256


@dataclass(slots=True)
class Session:
    """A controller within reach.

    Attributes:
        address: Its gRPC address.
        api_key: Key it asks for.
        stack: Our own processes, when it is ours.
        http: Address of its gateway, empty when there is none or it is not known.
        database: Path or URL of its database, empty when it is not known.
    """

    address: str
    api_key: Secret
    stack: Stack | None = None
    http: str = ""
    database: str = ""

    @asynccontextmanager
    async def client(self) -> AsyncIterator["Client"]:
        """Connect.

        Raises:
            CommandError: The controller cannot be reached, or a process of our own ended while starting.
        """
        # Imported only now: our own processes are already starting while gRPC is being loaded.
        from loadcell.cli.sdk import Client  # noqa: PLC0415 - before the others, which import structlog, too

        # isort: split
        from loadcell import logs  # noqa: PLC0415
        from loadcell.tls import client_tls  # noqa: PLC0415

        logs.configure("loadcell", "warning")  # to standard error: standard output belongs to results
        found = read_settings()
        tls = client_tls(found.tls_ca, found.tls_client_cert, found.tls_client_key)

        if self.stack is not None:
            await _own(self.stack, self.stack.listening())
        async with Client(self.address, api_key=self.api_key, tls=tls) as client:
            if self.stack is not None:
                await _own(self.stack, _reached(client))
            else:
                try:
                    await asyncio.wait_for(client.connected(), CONNECT_PATIENCE_SECONDS)
                except TimeoutError:
                    message = f"no controller answers at {self.address} within {CONNECT_PATIENCE_SECONDS:g} s"
                    if why := await client.refused_by_tls():
                        message = f"{message}: {why}"
                    raise CommandError(message, EXIT_UNREACHABLE) from None
            yield client


async def _own(stack: Stack, ready: Awaitable[None]) -> None:
    try:
        await stack.ready(ready, "the start of the controller")
    except ChildError as error:
        raise end_of_child(error) from None


async def _reached(client: "Client") -> None:
    """Wait until our own controller is connected.

    Raises:
        CommandError: TLS is why it is not, which no waiting mends.
    """
    connected = asyncio.ensure_future(client.connected())
    try:
        while not (await asyncio.wait([connected], timeout=_LOOK_SECONDS))[0]:
            if why := await client.refused_by_tls():
                raise CommandError(f"the controller was started and cannot be reached: {why}", EXIT_USAGE)
        connected.result()
    finally:
        connected.cancel()


def end_of_child(error: ChildError) -> CommandError:
    """Return the failure that the end of a process of our own means: what it could not use, we were given."""
    return CommandError(str(error), EXIT_USAGE if error.exit_code == EXIT_USAGE else EXIT_RUN_FAILED)


def read_settings() -> CliSettings:
    """Read the settings of the command.

    Raises:
        SettingsError: A variable holds a value that cannot be used.
    """
    return load(CliSettings, os.environ)


@contextmanager
def open_session(
    *,
    controller: str | None,
    database: str | None = None,
    agents: int = 0,
    workers: int = 0,
    http: str = "",
    exporter: str = "",
    load_maker: bool = False,
) -> Iterator[Session]:
    """Find a controller or start one; processes of our own end with the block.

    Args:
        controller: Address given by the user.
        database: Database given by the user.
        agents: Agents of a stack of our own.
        workers: Worker processes of each of them.
        http: Address of a gateway of our own; empty for none.
        exporter: Address of its Prometheus exporter.
        load_maker: Whether the command makes load: a controller that ends with another command will not do.

    Raises:
        CommandError: The address is malformed, or no stack can be started.
    """
    settings = read_settings()
    if controller is not None or settings.controller is not None:
        yield Session(
            _address(controller) if controller is not None else str(settings.controller), settings.api_key
        )
        return
    wanted = database if database is not None else settings.database.reveal()
    directory = data_dir(settings.data_dir)
    url = database_url(wanted, directory)
    with _claimed(directory, database_name(url), any_database=not wanted) as found:
        if isinstance(found, Owner):
            if load_maker and not found.shared:
                raise CommandError(
                    f"another loadcell command (process {found.pid}) is measuring on this machine, and two load"
                    " generators would spoil each other's figures; wait for its end, or let both use a system"
                    " started with `loadcell up`, or give this one a database of its own with --db",
                    EXIT_RUN_FAILED,
                )
            yield Session(found.grpc, settings.api_key, None, found.http, found.database)
            return
        if agents > MAX_AGENTS_HERE:
            raise CommandError(f"--agents {agents}: on this machine at most {MAX_AGENTS_HERE} are started")
        plan = StackPlan(
            directory=directory, database=url, agents=agents, workers=workers, http=http, exporter=exporter
        )
        with running(plan, found, shared=False) as stack:
            yield Session(stack.grpc, settings.api_key, stack, http, database_name(url))


@contextmanager
def running(plan: StackPlan, claim: Claim, *, shared: bool) -> Iterator[Stack]:
    """Start the processes of a plan and end them with the block; an interrupt ends them at once.

    Raises:
        CommandError: A process cannot be started.
    """
    stack = Stack(plan)
    try:
        try:
            stack.start()
            claim.publish(Owner(os.getpid(), stack.grpc, plan.http, database_name(plan.database), shared))
        except OSError as error:
            stack.kill()
            raise CommandError(f"cannot start: {error}", EXIT_RUN_FAILED) from error
        yield stack
    except KeyboardInterrupt:
        stack.kill()
        raise
    finally:
        stack.stop()


@contextmanager
def _claimed(directory: Path, database: str, *, any_database: bool) -> Iterator[Owner | Claim]:
    try:
        found = find_or_claim(directory, database, any_database=any_database)
    except (TimeoutError, OSError) as error:
        raise CommandError(f"cannot use the data directory {directory}: {error}", EXIT_RUN_FAILED) from None
    try:
        yield found
    finally:
        if isinstance(found, Claim):
            found.release()


def _address(text: str) -> str:
    try:
        return str(addresses(text))
    except ValueError as error:
        raise CommandError(f"--controller {text!r}: {error}") from None
