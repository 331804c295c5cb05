"""Agents that deliver every level they are given, and stay in the last one until they are told to end.

    python -m benchmarks.holding_agents ADDRESS AGENTS BATCH_ROWS LEVELS

As `benchmarks.streaming_agents`, with a run for each agent. Prints "ready" when all are registered, "holding" when
all have delivered their last level, and ends after a line on standard input.
"""

from __future__ import annotations

import asyncio
import sys

import uvloop

from benchmarks.streaming_agents import TEMPLATES, Seen, StreamingAgent, template


class HoldingAgent(StreamingAgent):
    """One agent; `done` is set when it has delivered its last level, which does not end."""

    def __init__(self, address: str, number: int, batch_rows: int, templates: list[bytes], levels: int) -> None:
        super().__init__(address, number, batch_rows, templates, Seen())
        self._levels = levels

    async def _deliver(self, start_micros: int) -> None:
        await self._send(start_micros)
        if self._grant.level.index + 1 < self._levels:
            self._complete()
        else:
            self.done.set()


async def hold(address: str, count: int, batch_rows: int, levels: int) -> None:
    """Carry out a run with each agent up to its last level."""
    templates = [template(batch_rows, seed) for seed in range(TEMPLATES)]
    agents = [HoldingAgent(address, number, batch_rows, templates, levels) for number in range(count)]
    tasks = [asyncio.create_task(agent.run()) for agent in agents]
    await asyncio.gather(*(agent.registered.wait() for agent in agents))
    print("ready", flush=True)
    await asyncio.gather(*(agent.done.wait() for agent in agents))
    print("holding", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    uvloop.run(hold(sys.argv[1], *(int(argument) for argument in sys.argv[2:5])))
