"""Whether those who share a stream with others still may: it goes on with the credential of one of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from gateway.live.callers import Caller
from gateway.live.closing import End
from gateway.live.feed import OF_CREDENTIALS
from gateway.live.outbox import Outbox
from gateway.upstream import Upstream
from loadcell.errors import LoadcellError

Question = tuple[MethodDescriptor, Message]
EVERY_SECONDS: Final = 5.0  # a credential is looked at again
MOST_A_SECOND: Final = 20.0  # of all of them, whatever that means for each
_log = structlog.get_logger()


class Rights:
    """Asks the controller again and again, once for all whose rights end together."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._held: dict[str, dict[Outbox, tuple[Caller, Question]]] = {}

    @contextmanager
    def held(self, caller: Caller, question: Question, outbox: Outbox) -> Iterator[None]:
        """End a connection when its caller may not ask a question any more, as long as the block goes on."""
        of_group = self._held.setdefault(caller.group, {})
        of_group[outbox] = caller, question
        try:
            yield
        finally:
            del of_group[outbox]
            if not of_group:
                del self._held[caller.group]

    async def run(self) -> None:
        """Ask for ever."""
        while True:
            groups = list(self._held)
            pause = max(EVERY_SECONDS / len(groups), 1 / MOST_A_SECOND) if groups else EVERY_SECONDS / 5
            for group in groups:
                await asyncio.sleep(pause)
                try:
                    await self._look(group)
                except Exception:  # noqa: BLE001 - logged with its trace
                    # What has ended must be noticed whatever went wrong before.
                    _log.exception("rights_not_looked_at")
            if not groups:
                await asyncio.sleep(pause)

    async def _look(self, group: str) -> None:
        held = dict(self._held.get(group, {}))
        for outbox, (caller, _) in list(held.items()):
            if caller.expires_at is not None and caller.expires_at <= time.time():
                outbox.cut(End.of(LoadcellError("EXPIRED_TOKEN", "the connection was open for as long as it may")))
                del held[outbox]
        if not held:
            return
        asking, (caller, (method, request)) = next(iter(held.items()))
        try:
            await self._upstream.call(method, request, metadata=caller.metadata)
        except LoadcellError as error:
            left = self._held.get(group, {})
            # One who has gone may have taken the credential along: that says nothing of the others.
            if error.category not in OF_CREDENTIALS or asking not in left:
                return
            ended = [one for one, (its, _) in held.items() if one in left and its.ends_with(caller, error)]
            _log.info("connections_ended", reason=error.reason, count=len(ended))
            for outbox in ended:
                outbox.cut(End.of(error))
