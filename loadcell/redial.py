"""A channel that can be dialled anew, and is when its credentials or the places behind its address change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Self

import grpc


class RedialledChannel(grpc.aio.Channel):
    """Makes every call over a channel that was dialled as of now.

    Calls that go on when something changes end where they began; a channel closes with its last call.

    Args:
        dial: Opens a channel with the credentials, and to the places, of now.
        changed: Whether `dial` would do something else since it was last asked; told the state of the channel.
    """

    def __init__(
        self, dial: Callable[[], grpc.aio.Channel], changed: Callable[[grpc.ChannelConnectivity], bool]
    ) -> None:
        self._dial, self._changed = dial, changed
        self._newest = _Dialled(dial())
        self._older: set[_Dialled] = set()

    def newest(self) -> _Dialled:
        """Return where a call that begins now belongs."""
        if self._changed(self._newest.channel.get_state()):
            self.renew()
        return self._newest

    def renew(self) -> None:
        """Dial anew: calls that begin from now on have another connection."""
        old, self._newest = self._newest, _Dialled(self._dial())
        self._older = {dialled for dialled in self._older if not dialled.closed}
        self._older.add(old)
        old.retire()

    async def __aenter__(self) -> Self:
        """Return the channel; it is closed with the block."""
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Close it."""
        await self.close()

    async def close(self, grace: float | None = None) -> None:
        """Close every channel; calls that go on are cancelled after `grace` seconds."""
        await asyncio.gather(*(dialled.channel.close(grace) for dialled in (self._newest, *self._older)))

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """Return the state of the newest channel."""
        return self.newest().channel.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Wait until the state of the newest channel is another."""
        await self._newest.channel.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Wait until the newest channel is connected."""
        await self.newest().channel.channel_ready()

    def unary_unary(self, method: str, *details: Any, **more: Any) -> Any:
        """Return what makes calls of a method."""
        return self._method("unary_unary", method, details, more)

    def unary_stream(self, method: str, *details: Any, **more: Any) -> Any:
        """Return what makes calls of a method."""
        return self._method("unary_stream", method, details, more)

    def stream_unary(self, method: str, *details: Any, **more: Any) -> Any:
        """Return what makes calls of a method."""
        return self._method("stream_unary", method, details, more)

    def stream_stream(self, method: str, *details: Any, **more: Any) -> Any:
        """Return what makes calls of a method."""
        return self._method("stream_stream", method, details, more)

    def _method(
        self, kind: str, method: str, details: tuple[Any, ...], more: dict[str, Any]
    ) -> Callable[..., Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            dialled = self.newest()
            made = getattr(dialled.channel, kind)(method, *details, **more)(*arguments, **keywords)
            dialled.begin(made)
            return made

        return call


class _Dialled:
    """One channel with the number of its calls."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self.closed = False
        self._calls = 0
        self._retired = False
        self._closing: asyncio.Task[None] | None = None

    def begin(self, call: Any) -> None:
        self._calls += 1
        call.add_done_callback(self._end)

    def retire(self) -> None:
        self._retired = True
        self._close_if_idle()

    def _end(self, _call: Any) -> None:
        self._calls -= 1
        self._close_if_idle()

    def _close_if_idle(self) -> None:
        if self._retired and not self._calls and self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close())

    async def _close(self) -> None:
        await self.channel.close()
        self.closed = True
