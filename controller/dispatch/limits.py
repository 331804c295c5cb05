"""How long the parts of a level may take before the run is given up. Pure; generous, for they only end hangs."""

from __future__ import annotations

import math

from loadcell.v1 import result_pb2, target_pb2

SLACK_SECONDS = 120.0  # building prompts, opening connections, delivering batches
PROBE_SECONDS = 60.0
ASSET_SECONDS = 600.0  # an agent gives up fetching one uploaded file after this


def probe_limit(timeout: float) -> float:
    """Return the longest time in seconds a probe may take; `timeout` is the deadline of one request."""
    return min(timeout, PROBE_SECONDS) * 4 + SLACK_SECONDS


def asset_limit(config: result_pb2.RunConfig) -> float:
    """Return the longest time in seconds an agent may take to fetch the uploaded files of a run."""
    return ASSET_SECONDS * sum(bool(asset) for asset in (config.tokenizer_asset, config.dataset_asset))


def prepare_limit(plan: target_pb2.LevelPlan, timeout: float) -> float:
    """Return the longest time in seconds from the offer of a lease until it is ready, its files being there."""
    return SLACK_SECONDS + _rounds(plan.warmup_count, plan) * timeout


def run_limit(plan: target_pb2.LevelPlan, timeout: float) -> float:
    """Return the longest time in seconds from the start of a level until all of it is delivered."""
    if plan.duration_micros:
        # With a cap, arrivals that wait for a slot may start until the last request before them has timed out.
        rounds = 2 if plan.rate and plan.max_concurrency else 1
        return plan.duration_micros / 1e6 + rounds * timeout + SLACK_SECONDS
    # Twice: the gaps of a Poisson process are random.
    arrivals = 2.0 * plan.request_count / plan.rate if plan.rate else 0.0
    return arrivals + _rounds(plan.request_count, plan) * timeout + SLACK_SECONDS


def _rounds(count: int, plan: target_pb2.LevelPlan) -> int:
    """Return how many requests one slot makes one after another."""
    width = plan.concurrency or plan.max_concurrency
    return math.ceil(count / width) if width else 1


def share_limit(plan: target_pb2.LevelPlan) -> int:
    """Return the largest number of agents that each get something to do."""
    limits = [n for n in (plan.concurrency, plan.max_concurrency, plan.request_count) if n]
    return min(limits) if limits else 10_000


def agents_wanted(config: result_pb2.RunConfig, level: target_pb2.LevelPlan) -> int:
    """Return how many agents share a level: as many as were asked for, where each gets something to do."""
    return min(config.agent_count or 1, share_limit(level))
