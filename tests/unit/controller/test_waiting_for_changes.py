"""Waiting for a change ends with the change, with the time, and with whoever waits."""

from __future__ import annotations

import asyncio

from controller.dispatch.changes import Changes


async def test_wait_ends_with_a_change_or_with_its_time():
    changes = Changes()
    waiting = asyncio.create_task(changes.wait(0, 60.0))
    await asyncio.sleep(0)
    changes.publish()
    await waiting
    await changes.wait(0, 60.0)  # it has changed already
    await changes.wait(1, 0.0)
    assert changes.revision == 1


async def test_cancel_that_comes_together_with_a_change_is_not_lost():
    changes = Changes()
    waiting = asyncio.create_task(changes.wait(0, 60.0))
    await asyncio.sleep(0.01)
    changes.publish()
    waiting.cancel()
    await asyncio.wait([waiting])
    assert waiting.cancelled()
