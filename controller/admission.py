"""Who may be an agent: tokens are looked up once a call, and a call ends when its token does."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import structlog

from controller.access.keys import hash_of, is_agent_token
from controller.store.agent_tokens import AgentTokenRecord, bind_token, find_token, tokens_by_id
from controller.store.database import Connection, Database
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError

log = structlog.get_logger()

LOOK_SECONDS = 2.0  # how often tokens that are in use are looked up again


@dataclass(slots=True, eq=False)
class Admission:
    """What one call may do as an agent; without a token, whatever it says it is."""

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


_CURRENT: ContextVar[Admission | None] = ContextVar("admission", default=None)


def current_admission() -> Admission:
    """Return what the call that is being served may do."""
    return _CURRENT.get() or Admission()


class Admissions:
    """The calls that are being served on the ground of a token."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._open: set[Admission] = set()

    @asynccontextmanager
    async def admit(self, token: str) -> AsyncIterator[None]:
        """Serve a call that came with a token.

        Raises:
            LoadcellError: INVALID_AGENT_TOKEN, AGENT_TOKEN_EXPIRED, AGENT_TOKEN_REVOKED; DATABASE_ERROR.
        """
        admission = Admission(await self._find(token))
        self._open.add(admission)
        _CURRENT.set(admission)  # of the task of this call, with which it ends
        try:
            yield
        finally:
            self._open.discard(admission)

    async def look(self) -> None:
        """Refuse what goes on with a token that has ended.

        Raises:
            LoadcellError: DATABASE_ERROR, SERVICE_UNAVAILABLE.
        """
        used = {admission.token.token_id for admission in self._open if admission.token is not None}
        if not used:
            return
        found, now = await self._database.read(lambda c: tokens_by_id(c, used)), wall_micros()
        for admission in list(self._open):
            if admission.token is None:
                continue
            record = found.get(admission.token.token_id)
            error = _unknown() if record is None else _why_ended(record, now)
            if error is not None:
                admission.refuse(error)

    async def run(self) -> None:
        """Look every two seconds, for ever: another controller may have revoked a token."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except LoadcellError as error:
                log.warning("agent_tokens_not_read", error=str(error.__cause__ or error))
            except Exception:
                # Tokens that are revoked must be noticed whatever went wrong before.
                log.exception("agent_tokens_not_read")

    async def _find(self, token: str) -> AgentTokenRecord:
        if not is_agent_token(token):
            raise _unknown()
        digest = hash_of(token)
        record = await self._database.read(lambda c: find_token(c, digest))
        if record is None or not hmac.compare_digest(record.token_hash, digest):
            raise _unknown()
        error = _why_ended(record, wall_micros())
        if error is not None:
            raise error
        return record


def _why_ended(record: AgentTokenRecord, now: int) -> LoadcellError | None:
    if record.revoked_at is not None:
        return LoadcellError(
            "AGENT_TOKEN_REVOKED", f"the agent token {record.name!r} was revoked; make another for this agent"
        )
    if record.ended(now):
        return LoadcellError(
            "AGENT_TOKEN_EXPIRED", f"the agent token {record.name!r} has expired; make another for this agent"
        )
    return None


def _unknown() -> LoadcellError:
    return LoadcellError(
        "INVALID_AGENT_TOKEN",
        "the agent token is unknown to this controller; set LOADCELL_AGENT_TOKEN to one made with"
        " `loadcell agents token create`",
    )


def _bound(agent_id: str) -> LoadcellError:
    return LoadcellError(
        "AGENT_TOKEN_BOUND",
        f"the agent token is that of another agent than {agent_id[:128]}; make one for each agent, or give this"
        " agent the LOADCELL_AGENT_ID the token was used with first",
    )
