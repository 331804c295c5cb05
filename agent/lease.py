"""One lease as the main process sees it: what its workers have said, added up. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field

from agent.worker.messages import Ended, Health, Prepared, Progress
from loadcell.stats import health
from loadcell.v1 import agent_pb2, result_pb2

TERMINAL = frozenset(
    {agent_pb2.LEASE_STATE_COMPLETED, agent_pb2.LEASE_STATE_FAILED, agent_pb2.LEASE_STATE_CANCELLED}
)


@dataclass(slots=True)
class Lease:
    """State of a lease.

    Attributes:
        lease_id: Its identifier.
        workers: Positions of the workers that take part.
        state: Where it stands.
        start_ns: When it starts, on CLOCK_MONOTONIC; 0 until known.
        start_micros: The same on the controller's clock by our estimate.
        error: Why it failed.
        cancelling: Whether the workers were told to stop.
    """

    lease_id: str
    workers: tuple[int, ...]
    state: agent_pb2.LeaseState = agent_pb2.LEASE_STATE_PREPARING
    start_ns: int = 0
    start_micros: int = 0
    error: str = ""
    cancelling: bool = False
    prepared: set[int] = field(default_factory=set)
    progress: dict[int, Progress] = field(default_factory=dict)
    ended: dict[int, Ended] = field(default_factory=dict)
    dead: set[int] = field(default_factory=set)  # workers that will not say how they ended

    def take(self, worker: int, message: Prepared | Progress | Ended) -> None:
        """Take what a worker says."""
        if isinstance(message, Prepared):
            self.prepared.add(worker)
        elif isinstance(message, Progress):
            self.progress[worker] = message
        else:
            self.ended[worker] = message
            if message.error and not self.error:
                self.error = message.error

    def worker_died(self, worker: int, why: str) -> None:
        """A worker that takes part is gone."""
        if worker not in self.ended:
            self.dead.add(worker)
            self.error = self.error or why

    @property
    def all_prepared(self) -> bool:
        """Whether every worker waits for the start."""
        return self.prepared.issuperset(self.workers)

    @property
    def all_ended(self) -> bool:
        """Whether no worker will say anything more."""
        return all(worker in self.ended or worker in self.dead for worker in self.workers)

    @property
    def outcome(self) -> agent_pb2.LeaseState:
        """The state to end in once all workers have ended."""
        if self.error:
            return agent_pb2.LEASE_STATE_FAILED
        if self.dead or any(ended.cancelled for ended in self.ended.values()):
            return agent_pb2.LEASE_STATE_CANCELLED
        return agent_pb2.LEASE_STATE_COMPLETED

    def to_progress(self, unacknowledged: int) -> agent_pb2.LeaseProgress:
        """Return the present figures for a heartbeat."""
        latest = [self.ended.get(worker) or self.progress.get(worker) for worker in self.workers]
        known = [message for message in latest if message is not None]
        started, ended = sum(m.started for m in known), sum(m.ended for m in known)
        return agent_pb2.LeaseProgress(
            lease_id=self.lease_id,
            started=started,
            ended=ended,
            in_flight=started - ended,
            unacknowledged_batches=unacknowledged,
            health=_health([message.health for message in known]),
        )

    def to_update(self, last_batch_number: int) -> agent_pb2.LeaseUpdate:
        """Return the present state for the controller."""
        update = agent_pb2.LeaseUpdate(
            lease_id=self.lease_id,
            state=self.state,
            error=self.error[:2000],
            start_micros=self.start_micros,
            worker_count=len(self.workers),
        )
        if self.state in TERMINAL:
            ended = list(self.ended.values())
            ramp_downs = [one.ramp_down_ns for one in ended if one.ramp_down_ns]
            stamps = {one.health.kernel_stamps for one in ended if one.health.reads}
            update.last_batch_number = last_batch_number
            update.health.CopyFrom(_health([one.health for one in ended]))
            update.timestamp_source = ("kernel" if all(stamps) else "user") if stamps else ""
            update.end_offset_micros = max((one.end_ns for one in ended), default=0) // 1000
            update.ramp_down_offset_micros = min(ramp_downs, default=0) // 1000
            update.notes.extend(_notes(ended))
        return update


def _notes(ended: Sequence[Ended]) -> Iterator[str]:
    if unsent := sum(one.unsent for one in ended):
        yield f"{unsent} arrivals were due but never sent: the cap of requests in flight was reached"
    if resent := sum(one.resent for one in ended):
        yield f"{resent} requests were sent again because the server had closed an idle connection"
    yield from dict.fromkeys(note for one in ended for note in one.notes)


def _health(parts: Sequence[Health]) -> result_pb2.WorkerHealth:
    """Return what the workers of an agent see together."""
    return result_pb2.WorkerHealth(**asdict(health.merge_health([_figures(part) for part in parts])))


def _figures(part: Health) -> health.Health:
    return health.Health(
        cpu_share=part.cpu_micros / part.wall_micros if part.wall_micros else 0.0,
        loop_lag_max_ms=part.loop_lag_max_ms,
        client_delay_p99_ms=part.client_delay_p99_ms,
        coalesced_share=part.coalesced_reads / part.reads if part.reads else 0.0,
        late_arrivals=part.late_arrivals,
        retransmits=part.retransmits,
        open_files=part.open_files,
        open_files_limit=part.open_files_limit,
        clock_steps=part.clock_steps,
        reads=part.reads,
        cpu_micros=part.cpu_micros,
    )
