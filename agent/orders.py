"""What the workers are told of a lease, made from what the controller has granted. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.worker.messages import Guard, Level, Prepare, Target, Workload
from loadcell.pacing.shares import worker_share
from loadcell.target_guard.guard import TargetGuard
from loadcell.target_guard.rules import Rules
from loadcell.v1 import agent_pb2, target_pb2


def participants(grant: agent_pb2.LeaseGrant, alive: Sequence[int]) -> tuple[dict[int, int], int]:
    """Return the workers to which something of the lease falls with their positions, and how many it is dealt to.

    When nothing falls to this agent, one worker still goes through all states.

    Args:
        grant: The lease.
        alive: The workers that can be given work, at least one.
    """
    total = min(grant.worker_count, len(alive)) if grant.worker_count > 0 else len(alive)
    shares = {
        worker: worker_share(
            concurrency=grant.level.concurrency,
            max_concurrency=grant.level.max_concurrency,
            share=grant.share_index,
            shares=grant.share_count,
            worker=position,
            workers=total,
        )
        for position, worker in enumerate(alive[:total])
    }
    busy = {worker: position for position, worker in enumerate(alive[:total]) if not shares[worker].idle}
    return busy or dict.fromkeys(alive[:1], 0), total


def orders(
    grant: agent_pb2.LeaseGrant,
    workload: Workload,
    positions: dict[int, int],
    total: int,
    *,
    guard: TargetGuard,
    fence_ns: int,
) -> Iterator[tuple[int, Prepare]]:
    """Yield what each worker is told.

    Args:
        grant: The lease.
        workload: Its workload, with the assets on this machine.
        positions: Position of each worker that takes part.
        total: Number of workers the share is dealt to.
        guard: What may be a target for any run.
        fence_ns: Until when requests may be started (the fence's clock); 0: for ever.
    """
    target, level = target_message(grant.target), _level(grant.level)
    rules = Guard(_text(guard.deny), _text(guard.allow), grant.target.allowed_targets)
    for worker, position in positions.items():
        yield (
            worker,
            Prepare(
                lease_id=grant.lease_id,
                target=target,
                level=level,
                workload=workload,
                share=grant.share_index,
                shares=grant.share_count,
                worker=position,
                workers=total,
                timeline=grant.timeline,
                guard=rules,
                record_texts=grant.workload.record_texts,
                first_ordinal=grant.first_ordinal,
                fence_ns=fence_ns,
            ),
        )


def target_message(target: target_pb2.TargetSpec) -> Target:
    """Return a target as workers are told it."""
    return Target(
        server_url=target.server_url,
        adapter=target.adapter,
        model=target.model,
        api_key=target.api_key,
        headers=dict(target.headers),
        stream=target.stream,
        timeout_ns=target.timeout_micros * 1000,
        tls_verify=target.tls_verify,
        pin_output=target.pin_output,
        redact_texts=target.redact_texts,
    )


def _text(rules: Rules) -> str:
    return ",".join(rule.text for rule in rules)


def _level(level: target_pb2.LevelPlan) -> Level:
    return Level(
        index=level.index,
        concurrency=level.concurrency,
        rate=level.rate,
        poisson=level.arrival == target_pb2.ARRIVAL_POISSON,
        max_concurrency=level.max_concurrency,
        request_count=level.request_count,
        duration_ns=level.duration_micros * 1000,
        warmup_count=level.warmup_count,
    )
