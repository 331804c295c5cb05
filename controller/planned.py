"""How many requests a run plans. Pure."""

from __future__ import annotations

from loadcell.v1 import result_pb2


def level_requests(config: result_pb2.RunConfig, concurrency: int) -> int:
    """Return how many measured requests a level plans, 0 when it ends by time; an open loop is of 0."""
    return max(config.num_prompts, config.requests_per_slot * concurrency)


def planned_requests(config: result_pb2.RunConfig) -> int:
    """Return how many measured requests all levels plan, 0 when they end by time."""
    closed = sum(level_requests(config, concurrency) for concurrency in config.concurrency)
    return closed + config.num_prompts * len(config.rate)
