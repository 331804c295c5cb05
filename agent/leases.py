"""Gives the workers their parts of a lease and tells the controller how it goes on."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Container

import structlog

from agent.assets import Assets
from agent.clock import OffsetEstimator
from agent.fence import Fence, fence_clock_ns
from agent.lease import TERMINAL, Lease
from agent.orders import orders, participants
from agent.pool import WorkerPool
from agent.uplink import Uplink
from agent.worker.messages import Batch, Cancel, Extend, FromWorker, Start, ToWorker, Workload
from loadcell.clock import AnchoredClock
from loadcell.documents import enum_words
from loadcell.errors import LoadcellError
from loadcell.target_guard.guard import TargetGuard
from loadcell.v1 import agent_pb2

# Load begins no sooner than this after the message that says when, so that all workers begin together.
_SHORTEST_NOTICE_NS = 5_000_000
# A worker that has died is started again within a second or two, unless the machine is in trouble.
_WORKER_SECONDS = 30.0

log = structlog.get_logger()


class Leases:
    """All leases this agent holds. A lease is held until the controller has its end and all of its batches.

    Args:
        pool: The workers.
        uplink: Where batches go.
        assets: Where tokenizers and datasets come from.
        guard: What may be a target.
        clock: This agent's clock.
        offset: Its offset to the controller's.
        report: Sends a lease update to the controller, or does nothing while there is no session.
    """

    def __init__(
        self,
        pool: WorkerPool,
        uplink: Uplink,
        assets: Assets,
        *,
        guard: TargetGuard,
        clock: AnchoredClock,
        offset: OffsetEstimator,
        report: Callable[[agent_pb2.LeaseUpdate], None],
    ) -> None:
        self._pool = pool
        self._uplink = uplink
        self._assets = assets
        self._guard = guard
        self._clock = clock
        self._offset = offset
        self._report = report
        self._leases: dict[str, Lease] = {}
        self._told: set[str] = set()
        self._heard_ns = 0
        self._changed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def grant(self, grant: agent_pb2.LeaseGrant) -> None:
        """Take up a lease; one that is held already is only reported again."""
        held = self._leases.get(grant.lease_id)
        if held is not None:
            self._tell(held)
            return
        lease = self._leases[grant.lease_id] = Lease(
            grant.lease_id,
            request_id=grant.request_id,
            granted_ns=time.monotonic_ns(),
            takes_over=grant.first_ordinal > 0,
            fence=Fence(grant.fence_micros * 1000, self._heard_ns) if grant.fence_micros else None,
        )
        log.info(
            "lease_granted",
            lease_id=grant.lease_id,
            run_id=grant.run_id,
            request_id=grant.request_id,
            level_index=grant.level.index,
            share=f"{grant.share_index}/{grant.share_count}",
            first_ordinal=grant.first_ordinal,
        )
        self._tell(lease)
        task = asyncio.get_running_loop().create_task(self._prepare(lease, grant))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def start(self, start: agent_pb2.LeaseStart) -> None:
        """Start a lease that is ready.

        Offsets count from the start of the level. For a lease that takes over from another, or was given when the
        level ran already, that lies in the past: what is due since then is sent at once. Otherwise a start in the
        past means that this message came late: the start is moved, for nothing is measured yet, and a burst of all
        that is due since then would be no part of the plan.
        """
        lease = self._leases.get(start.lease_id)
        if lease is None or lease.state != agent_pb2.LEASE_STATE_READY:
            return
        best = self._offset.best(self._clock.micros())
        offset, doubt = (best.micros, best.uncertainty_micros) if best is not None else (0.0, math.inf)
        wanted = self._clock.monotonic_ns(start.start_micros + offset)
        now_ns = time.monotonic_ns()
        lease.begin_ns = max(wanted, now_ns + _SHORTEST_NOTICE_NS)
        if lease.fence is not None:
            lease.fence.begin(fence_clock_ns() + lease.begin_ns - now_ns)
        given_after_the_start = wanted + doubt * 1000 <= lease.granted_ns
        lease.start_ns = wanted if lease.takes_over or given_after_the_start else lease.begin_ns
        lease.start_micros = round(self._clock.at(lease.start_ns) - offset)
        lease.state = agent_pb2.LEASE_STATE_RUNNING
        lease.full_at_start = self._uplink.full_seconds()
        self._send(lease, Start(lease.lease_id, lease.start_ns, lease.begin_ns))
        self._tell(lease)

    def answered(self, sent_ns: int, *, driven_elsewhere: Container[str] = ()) -> None:
        """The controller has answered a heartbeat that was sent at a time of the fence's clock.

        It speaks for no lease that another controller drives: that one may not hear us.
        """
        self._heard_ns = max(self._heard_ns, sent_ns)
        for lease in self._leases.values():
            if lease.lease_id in driven_elsewhere:
                continue
            if lease.fence is not None and lease.state not in TERMINAL:
                lease.fence.renew(sent_ns, now_ns=fence_clock_ns())
                self._send(lease, Extend(lease.lease_id, lease.fence.until_ns))

    def cancel(self, lease_id: str, reason: str) -> None:
        """Stop a lease."""
        lease = self._leases.get(lease_id)
        if lease is None or lease.state in TERMINAL or lease.cancelling:
            return
        log.info("lease_cancelled", lease_id=lease_id, request_id=lease.request_id, reason=reason)
        self._stop_workers(lease)

    def cancel_all(self, reason: str) -> None:
        """Stop everything."""
        for lease_id in list(self._leases):
            self.cancel(lease_id, reason)

    async def all_ended(self) -> None:
        """Wait until no lease makes load any more."""
        while any(lease.state not in TERMINAL for lease in self._leases.values()):
            self._changed.clear()
            await self._changed.wait()

    async def all_heard(self) -> None:
        """Wait until the controller knows how every lease ended and has all of its batches."""
        while self._leases:
            self._changed.clear()
            await self._changed.wait()

    def updates(self) -> list[agent_pb2.LeaseUpdate]:
        """Return the state of every lease that is held, for a new session."""
        self._told.clear()
        return [lease.to_update(self._uplink.last_number(lease.lease_id)) for lease in self._leases.values()]

    def progress(self) -> list[agent_pb2.LeaseProgress]:
        """Return the figures of the running leases."""
        return [
            lease.to_progress(self._uplink.unacknowledged(lease.lease_id))
            for lease in self._leases.values()
            if lease.state == agent_pb2.LEASE_STATE_RUNNING
        ]

    def __len__(self) -> int:
        return len(self._leases)

    @property
    def in_flight(self) -> int:
        """Requests in flight by the workers' last word; read on any thread."""
        return sum(lease.in_flight for lease in list(self._leases.values()) if lease.state not in TERMINAL)

    def ended_ids(self) -> set[str]:
        """Return the leases whose end has been sent, for `heard`."""
        return {lease.lease_id for lease in self._leases.values() if lease.state in TERMINAL}

    def heard(self, lease_ids: set[str]) -> None:
        """The controller has read the ends of these leases: they are held only for their batches now."""
        self._told |= lease_ids & self._leases.keys()
        for lease_id in lease_ids:
            self.acknowledged(lease_id)

    def acknowledged(self, lease_id: str) -> None:
        """All batches sent of a lease are committed."""
        lease = self._leases.get(lease_id)
        if lease is None or lease_id not in self._told or lease.state not in TERMINAL:
            return
        if self._uplink.unacknowledged(lease_id) == 0:
            self._uplink.forget(lease_id)
            self._told.discard(lease_id)
            del self._leases[lease_id]
            self._changed.set()

    def refused(self, lease_id: str, reason: str) -> None:
        """The controller does not want the batches of a lease."""
        self.cancel(lease_id, f"the controller refused its samples: {reason}")

    def on_message(self, worker: int, message: FromWorker) -> None:
        """Take what a worker says."""
        if isinstance(message, Batch):
            self._uplink.send(message.lease_id, message.columns)
        lease = self._leases.get(message.lease_id)
        if lease is not None:
            lease.take(worker, message)
            self._advance(lease)

    def on_worker_death(self, worker: int, why: str) -> None:
        """Go on without a worker: the controller gives what fell to it to others."""
        for lease in list(self._leases.values()):
            if lease.worker_died(worker, why, time.monotonic_ns()):
                log.warning(
                    "share_lost", lease_id=lease.lease_id, request_id=lease.request_id, worker=worker, error=why
                )
                self._tell(lease)
                self._advance(lease)

    async def close(self) -> None:
        """End what is still being prepared."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _prepare(self, lease: Lease, grant: agent_pb2.LeaseGrant) -> None:
        try:
            await self._hand_out(lease, grant)
        except TimeoutError:
            lease.error = "no worker process of the agent is running; its log says why none could be started"
        except (LoadcellError, OSError) as error:
            lease.error = str(error)
        except Exception as error:
            log.exception("lease_not_prepared", lease_id=lease.lease_id, request_id=lease.request_id)
            lease.error = f"internal error of the agent: {error!r}"
        if lease.error or lease.cancelling:
            self._advance(lease)

    async def _hand_out(self, lease: Lease, grant: agent_pb2.LeaseGrant) -> None:
        workload = Workload(
            input_len=grant.workload.input_len,
            output_len=grant.workload.output_len,
            seed=grant.workload.seed,
            words_per_token=grant.workload.words_per_token,
            tokenizer_path=await self._assets.fetch(grant.workload.tokenizer_asset),
            dataset_path=await self._assets.fetch(grant.workload.dataset_asset),
        )
        # An agent whose only worker has just died may itself be given what that one has left.
        async with asyncio.timeout(_WORKER_SECONDS):
            alive = await self._pool.some_alive()
        if lease.cancelling:
            return
        positions, dealt_to = participants(grant, alive)
        fence_ns = lease.fence.until_ns if lease.fence is not None else 0
        for worker, prepare in orders(grant, workload, positions, dealt_to, guard=self._guard, fence_ns=fence_ns):
            self._pool.send(worker, prepare)
        lease.deal(positions, dealt_to)

    def _stop_workers(self, lease: Lease) -> None:
        lease.cancelling = True
        self._send(lease, Cancel(lease.lease_id))

    def _send(self, lease: Lease, message: ToWorker) -> None:
        for worker in lease.at_work:
            self._pool.send(worker, message)

    def _advance(self, lease: Lease) -> None:
        if lease.state in TERMINAL:
            return
        if not lease.at_work:
            lease.state = lease.outcome
            if lease.fence is not None:
                lease.fenced_ns = lease.fence.shut_ns(fence_clock_ns())
            if lease.begin_ns:
                lease.full_seconds = self._uplink.full_seconds() - lease.full_at_start
            log.info(
                "lease_ended",
                lease_id=lease.lease_id,
                request_id=lease.request_id,
                state=enum_words(agent_pb2.LeaseState.DESCRIPTOR)[lease.state],
                error=lease.error or None,
                batches=self._uplink.last_number(lease.lease_id),
            )
            self._tell(lease)
        elif lease.error and not lease.cancelling:
            self._stop_workers(lease)
        elif lease.state == agent_pb2.LEASE_STATE_PREPARING and lease.all_prepared and not lease.cancelling:
            lease.state = agent_pb2.LEASE_STATE_READY
            self._tell(lease)

    def _tell(self, lease: Lease) -> None:
        self._changed.set()
        self._report(lease.to_update(self._uplink.last_number(lease.lease_id)))
