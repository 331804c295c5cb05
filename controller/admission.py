"""What the calls that last were let in by: a call ends when that does, whoever ended it and wherever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

import structlog

from controller.access.agent_tokens import check_form, find_agent
from controller.access.authenticator import Authenticator, Shown
from controller.store.agent_tokens import AgentTokenRecord, bind_token, tokens_by_id
from controller.store.database import Connection, Database
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError

log = structlog.get_logger()

LOOK_SECONDS: Final = 0.5  # how often what lasting calls came with is looked at again


@dataclass(slots=True, eq=False)
class Admission:
    """What let one call in. With the token of an agent it speaks for that agent, else for whom it says it is."""

    shown: Shown
    token: AgentTokenRecord | None = None
    refused: LoadcellError | None = None
    _told: list[Callable[[LoadcellError], None]] = field(default_factory=list)

    def claim(self, agent_id: str) -> None:
        """See whether the call may introduce an agent; `bind` must follow.

        Raises:
            LoadcellError: AGENT_TOKEN_BOUND, the token is another agent's; why the token has ended meanwhile.
        """
        if self.refused is not None:
            raise self.refused
        if self.token is not None and self.token.agent_id not in (None, agent_id):
            raise _bound(agent_id)

    async def check(self, agent_id: str, database: Database) -> None:
        """Let the call speak for an agent that has registered.

        Raises:
            LoadcellError: As `claim`; AGENT_TOKEN_BOUND as long as no agent has registered with the token;
                DATABASE_ERROR.
        """
        if self.token is not None and self.token.agent_id is None:
            token_id = self.token.token_id
            # The agent may have registered since the call began.
            found = await database.read(lambda c: tokens_by_id(c, [token_id]))
            self.token = found.get(token_id, self.token)
        self.claim(agent_id)
        if self.token is not None and self.token.agent_id is None:
            raise LoadcellError("AGENT_TOKEN_BOUND", "no agent has registered with the agent token yet")

    def bind(self, connection: Connection, agent_id: str) -> None:
        """Make the token that of the agent, if it was not used before.

        Raises:
            LoadcellError: AGENT_TOKEN_BOUND, another agent was quicker.
        """
        if self.token is not None and not bind_token(connection, self.token.token_id, agent_id, wall_micros()):
            raise _bound(agent_id)

    def when_refused(self, tell: Callable[[LoadcellError], None]) -> None:
        """Call `tell` once the token has ended."""
        self._told.append(tell)

    def refuse(self, error: LoadcellError) -> None:
        """End what the call may do."""
        if self.refused is None:
            self.refused = error
            for tell in self._told:
                tell(error)


_CURRENT: ContextVar[Admission] = ContextVar("admission")


def current_admission() -> Admission:
    """Return what the call that is being served was let in by.

    Raises:
        LookupError: It is not one that lasts.
    """
    return _CURRENT.get()


class Admissions:
    """The calls that last and are being served."""

    def __init__(self, database: Database, authenticator: Authenticator) -> None:
        self._database, self._authenticator = database, authenticator
        self._open: set[Admission] = set()

    async def of_agent(self, token: str) -> Admission:
        """Return what a call that came with the token of an agent may do.

        Raises:
            LoadcellError: INVALID_AGENT_TOKEN, AGENT_TOKEN_EXPIRED, AGENT_TOKEN_REVOKED; DATABASE_ERROR.
        """
        check_form(token)
        return Admission(Shown(token), await self._database.look_up(lambda c: find_agent(c, token)))

    @asynccontextmanager
    async def lasting(self, admission: Admission) -> AsyncIterator[None]:
        """Serve a call until it ends, or what let it in does.

        Raises:
            LoadcellError: What a new call would be refused with now.
        """
        now = asyncio.get_running_loop().time
        _CURRENT.set(admission)  # of the task of this call, with which it ends
        self._open.add(admission)
        try:
            async with asyncio.timeout(None) as until:
                admission.when_refused(lambda _: until.reschedule(now()))
                yield
        except TimeoutError:
            if admission.refused is None or not until.expired():
                raise
            raise admission.refused from None
        finally:
            self._open.discard(admission)

    async def look(self) -> None:
        """End the calls whose credential has ended.

        Raises:
            LoadcellError: DATABASE_ERROR, SERVICE_UNAVAILABLE.
        """
        wanted = {(admission.shown, admission.token is not None) for admission in self._open}
        if not wanted:
            return

        def ended(connection: Connection) -> dict[tuple[Shown, bool], LoadcellError]:
            found = {}
            for shown, of_agent in wanted:
                try:
                    if of_agent:
                        find_agent(connection, shown.credential or "")
                    else:
                        self._authenticator.check(connection, shown)
                except LoadcellError as error:
                    found[shown, of_agent] = error
            return found

        found = await self._database.look_up(ended)
        for admission in list(self._open):
            error = found.get((admission.shown, admission.token is not None))
            if error is not None:
                admission.refuse(error)

    async def run(self) -> None:
        """Look every half second, for ever: another controller may have revoked something."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except LoadcellError as error:
                log.warning("credentials_not_read", error=str(error.__cause__ or error))
            except Exception:
                # What is revoked must be noticed whatever went wrong before.
                log.exception("credentials_not_read")


def _bound(agent_id: str) -> LoadcellError:
    return LoadcellError(
        "AGENT_TOKEN_BOUND",
        f"the agent token is that of another agent than {agent_id[:128]}; make one for each agent, or give this"
        " agent the LOADCELL_AGENT_ID the token was used with first",
    )
