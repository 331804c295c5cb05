"""Credentials of those who watch: which of them are asked about, and whom a refusal ends."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, cast

import pytest

from gateway.live.callers import Caller
from gateway.live.outbox import Outbox
from gateway.live.rights import Rights
from gateway.upstream import Upstream
from loadcell.errors import LoadcellError
from loadcell.v1 import auth_pb2

GET_CALLER = auth_pb2.DESCRIPTOR.services_by_name["AuthService"].methods_by_name["GetCaller"]
FAR = 9e9  # seconds since 1970


class Controller:
    """A double of the controller that refuses some credentials."""

    def __init__(self) -> None:
        self.refused: dict[str, LoadcellError] = {}
        self.asked: list[str] = []

    async def call(self, _method: Any, _request: Any, *, metadata: Sequence[tuple[str, str]]) -> None:
        self.asked.append(metadata[0][1])
        if metadata[0][1] in self.refused:
            raise self.refused[metadata[0][1]]


class World:
    """Two who came with tickets of one credential, and one with another."""

    def __init__(self, stack: ExitStack, *, first_ends: float = FAR) -> None:
        self.controller = Controller()
        self.rights = Rights(cast("Upstream", self.controller))
        self.outboxes = {name: Outbox() for name in ("one", "two", "other")}
        for name, outbox in self.outboxes.items():
            group, ends = ("other", None) if name == "other" else ("g", first_ends if name == "one" else FAR)
            caller = Caller([("x-api-key", name)], group, ends)
            question = GET_CALLER, auth_pb2.GetCallerRequest()
            stack.enter_context(self.rights.held(caller, question, outbox))

    async def look(self) -> set[str]:
        """Look at everybody once; return who was sent away."""
        for group in ("g", "other"):
            await self.rights._look(group)
        return {name for name, outbox in self.outboxes.items() if outbox.ended}


@pytest.mark.parametrize(
    ("reason", "ended"), [("INVALID_TOKEN", {"one", "two"}), ("EXPIRED_TOKEN", {"one"}), ("RUN_NOT_FOUND", set())]
)
async def test_a_refusal_ends_those_whose_rights_end_together(reason: str, ended: set[str]) -> None:
    with ExitStack() as stack:
        world = World(stack)
        world.controller.refused["one"] = LoadcellError(reason, "no")
        assert await world.look() == ended
        assert world.controller.asked == ["one", "other"]
    assert not world.rights._held


async def test_whose_time_is_over_goes_and_the_next_is_asked_about() -> None:
    with ExitStack() as stack:
        world = World(stack, first_ends=1.0)
        assert await world.look() == {"one"}
        assert world.controller.asked == ["two", "other"]
