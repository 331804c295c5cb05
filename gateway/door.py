"""Whether the controller asks callers for a credential: where it does not, other machines may not come through."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from gateway.upstream import Upstream
from loadcell.channel import CLIENT_ADDRESS_METADATA
from loadcell.errors import LoadcellError
from loadcell.v1 import auth_pb2

_GET_CALLER: Final = auth_pb2.DESCRIPTOR.services_by_name["AuthService"].methods_by_name["GetCaller"]
_NOBODY: Final = ((CLIENT_ADDRESS_METADATA, "127.0.0.1"),)  # a call that is passed on, without a credential
_OPEN: Final = "open"
_REMEMBERED_SECONDS: Final = 10.0  # another controller may be there now
_PATIENCE_SECONDS: Final = 2.0
_POLL_SECONDS: Final = 0.1


HOW_TO_CLOSE: Final = "set LOADCELL_API_KEY of the controller or make a key with `loadcell keys create` first"


class OpenDoorError(LoadcellError):
    """The controller lets everybody in."""

    def __init__(self) -> None:
        super().__init__(
            "INSUFFICIENT_PERMISSIONS",
            f"the controller lets everybody in, and other machines can reach this gateway; {HOW_TO_CLOSE}",
        )


class Door:
    """Calls the controller as somebody without a credential."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._closed_until = float("-inf")
        self._was_open = False

    async def first_check(self) -> None:
        """Wait until the controller takes calls, then do as `check`.

        Raises:
            OpenDoorError: It asks for no credential.
            LoadcellError: It does not answer after all.
        """
        while not await self._upstream.is_ready():  # noqa: ASYNC110 (nothing tells us)
            await asyncio.sleep(_POLL_SECONDS)
        await self.check()

    async def check(self) -> None:
        """Let calls through to a controller that asks for a credential.

        Raises:
            OpenDoorError: It asks for none, or did so before it went away.
            LoadcellError: It does not answer.
        """
        if time.monotonic() < self._closed_until:
            return
        try:
            found = await self._upstream.call(
                _GET_CALLER, auth_pb2.GetCallerRequest(), metadata=_NOBODY, timeout_seconds=_PATIENCE_SECONDS
            )
        except LoadcellError as error:
            if error.reason != "MISSING_AUTHORIZATION":
                if self._was_open:
                    raise OpenDoorError from error
                raise
            self._was_open = False
        else:
            assert isinstance(found, auth_pb2.GetCallerResponse)  # noqa: S101 - tells the type checker the method
            self._was_open = found.caller.method == _OPEN
            if self._was_open:
                raise OpenDoorError
        self._closed_until = time.monotonic() + _REMEMBERED_SECONDS
