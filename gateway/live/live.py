"""Everything that lasts, put together: who is let in, what they watch, and the end of all of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final, Self, cast

from starlette.requests import HTTPConnection

from gateway.live.callers import Caller, Callers
from gateway.live.closing import STOPPED
from gateway.live.events import EventFeeds
from gateway.live.later import Later
from gateway.live.lines import Lines
from gateway.live.outbox import Outbox
from gateway.live.places import Places
from gateway.live.rights import Rights
from gateway.live.runs import RunFeeds
from gateway.live.session import Session
from gateway.upstream import Upstream
from loadcell.errors import LoadcellError
from loadcell.v1 import auth_pb2, run_pb2

# Of those that are answers to HTTP requests: the others need connections, too (gateway.protocol).
MOST_STREAMS: Final = 512
_RUNS = run_pb2.DESCRIPTOR.services_by_name["RunService"]
_GET_RUN, _LIST_RUNS = _RUNS.methods_by_name["GetRun"], _RUNS.methods_by_name["ListRuns"]
_GET_CALLER = auth_pb2.DESCRIPTOR.services_by_name["AuthService"].methods_by_name["GetCaller"]


@dataclass(frozen=True, slots=True)
class LiveLimits:
    """How many connections there may be, of all callers and of one; and what they may come with."""

    connections: int
    connections_each: int
    url_tokens: bool = False
    origins: Collection[str] = ()


class Live:
    """All connections that last. `async with` for as long as they are served."""

    def __init__(self, upstream: Upstream, lines: Lines, limits: LiveLimits) -> None:
        self._upstream, self.limits = upstream, limits
        self.sockets = Places(limits.connections, limits.connections_each)
        self.streams = Places(min(limits.connections, MOST_STREAMS), limits.connections_each)
        self.callers = Callers(upstream, Later(), url_tokens=limits.url_tokens)
        self.rights, self.runs, self.events = Rights(upstream), RunFeeds(lines), EventFeeds(lines)
        self._open: set[Outbox] = set()
        self._stopped = False
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to look after the rights of those who are connected."""
        self._looking = asyncio.create_task(self.rights.run())
        return self

    async def __aexit__(self, *_error: object) -> None:
        """End."""
        self.stop()
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking

    def stop(self) -> None:
        """Tell every client that the gateway stops; who comes now is told so at once."""
        self._stopped = True
        for outbox in self._open:
            outbox.cut(STOPPED)

    @contextmanager
    def opened(self) -> Iterator[Outbox]:
        """Yield the outbox of a connection."""
        outbox = Outbox()
        self._open.add(outbox)
        if self._stopped:
            outbox.cut(STOPPED)
        try:
            yield outbox
        finally:
            self._open.discard(outbox)

    async def watch_run(
        self, stack: AsyncExitStack, places: Places, connection: HTTPConnection, outbox: Outbox
    ) -> None:
        """Let a connection watch the run of its path, for as long as the stack is not unwound.

        Raises:
            LoadcellError: as RunService.GetRun; TOO_MANY_REQUESTS.
        """
        caller = await self._let_in(stack, places, connection)
        question = _GET_RUN, run_pb2.GetRunRequest(run_id=connection.path_params["run_id"])
        found = await self._upstream.call(*question, metadata=caller.metadata)
        stack.enter_context(self.rights.held(caller, question, outbox))
        stack.enter_context(self.runs.watch(cast("run_pb2.GetRunResponse", found).run, caller, outbox))

    async def open_session(
        self, stack: AsyncExitStack, places: Places, connection: HTTPConnection, outbox: Outbox
    ) -> Session:
        """Return what a connection subscribes with, until the stack is unwound.

        Raises:
            LoadcellError: Why its caller is not let in; TOO_MANY_REQUESTS.
        """
        caller = await self._let_in(stack, places, connection)
        question = _GET_CALLER, auth_pb2.GetCallerRequest()
        await self._upstream.call(*question, metadata=caller.metadata)
        stack.enter_context(self.rights.held(caller, question, outbox))
        session = Session(self.events, caller, outbox)
        stack.callback(session.close)
        return session

    async def counts(self, connection: HTTPConnection) -> dict[str, Any]:
        """Return how many connections watch which run, of those that the caller may see.

        Raises:
            LoadcellError: Why the caller is not let in.
        """
        async with self.callers.admitted(connection) as caller:
            may_see = await self._sight(caller)
        seen = {run_id: count for run_id, project_id, count in self.runs.counts() if may_see(project_id)}
        return {"connections": seen, "total": sum(seen.values())}

    async def _sight(self, caller: Caller) -> Callable[[str], bool]:
        """Return what says whether a caller may see the runs of a project."""
        try:
            found = await self._upstream.call(_GET_CALLER, auth_pb2.GetCallerRequest(), metadata=caller.metadata)
        except LoadcellError as error:
            if error.reason != "MISSING_AUTHORIZATION":
                raise
            # Where reading needs no credential (LOADCELL_PUBLIC_READS), everybody may see every run.
            await self._upstream.call(_LIST_RUNS, run_pb2.ListRunsRequest(limit=1), metadata=caller.metadata)
            return lambda _project_id: True
        who = cast("auth_pb2.GetCallerResponse", found).caller
        may_read, projects = "runs:read" in who.permissions, set(who.projects)
        return lambda project_id: may_read and (who.all_projects or project_id in projects)

    async def _let_in(self, stack: AsyncExitStack, places: Places, connection: HTTPConnection) -> Caller:
        stack.enter_context(places.one())
        caller = await stack.enter_async_context(self.callers.admitted(connection))
        stack.enter_context(places.of(caller.group))
        return caller
