"""One lease as the main process sees it: what its workers have said, added up. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field

from agent.fence import Fence
from agent.worker.messages import Batch, Ended, Health, Prepared, Progress
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
        request_id: Of the call that created the run, for log lines.
        granted_ns: When it was given (CLOCK_MONOTONIC, as all `_ns` here).
        takes_over: Whether it goes on with ordinals of another lease.
        fence: Until when its requests may be started; None: for ever.
        positions: The workers that take part, each with its position among those the share was dealt to; empty
            until it is dealt.
        dealt_to: Number of workers the share was dealt to.
        state: Where it stands.
        start_ns: Start of the level, from which offsets count; 0 until known.
        begin_ns: When the load begins; 0 until known.
        start_micros: Start of the level on the controller's clock by our estimate.
        error: Why it failed.
        cancelling: Whether the workers were told to stop.
        lost: Workers that have died, with what is known of each.
        fenced_ns: For how long the fence was shut, known at the end.
        full_at_start: The uplink's `full_seconds` when the load began.
        full_seconds: For how long the uplink was full meanwhile, known at the end.
    """

    lease_id: str
    request_id: str = ""
    granted_ns: int = 0
    takes_over: bool = False
    fence: Fence | None = None
    positions: dict[int, int] = field(default_factory=dict)
    dealt_to: int = 0
    state: agent_pb2.LeaseState = agent_pb2.LEASE_STATE_PREPARING
    start_ns: int = 0
    begin_ns: int = 0
    start_micros: int = 0
    error: str = ""
    cancelling: bool = False
    prepared: set[int] = field(default_factory=set)
    progress: dict[int, Progress] = field(default_factory=dict)
    ended: dict[int, Ended] = field(default_factory=dict)
    lost: dict[int, agent_pb2.WorkerLoss] = field(default_factory=dict)
    next_ordinals: dict[int, int] = field(default_factory=dict)
    fenced_ns: int = 0
    full_at_start: float = 0.0
    full_seconds: float = 0.0

    def deal(self, positions: dict[int, int], dealt_to: int) -> None:
        """The share has been dealt to workers."""
        self.positions, self.dealt_to = positions, dealt_to

    def take(self, worker: int, message: Prepared | Batch | Progress | Ended) -> None:
        """Take what a worker says."""
        if isinstance(message, Prepared):
            self.prepared.add(worker)
            return
        self.next_ordinals[worker] = message.next_ordinal
        if isinstance(message, Progress):
            self.progress[worker] = message
        elif isinstance(message, Ended):
            self.ended[worker] = message
            self.error = self.error or message.error

    def worker_died(self, worker: int, why: str, now_ns: int) -> bool:
        """A worker process is gone; return whether something of the lease is lost with it."""
        if worker not in self.positions or worker in self.ended or worker in self.lost:
            return False
        self.lost[worker] = agent_pb2.WorkerLoss(
            worker=self.positions[worker],
            worker_count=self.dealt_to,
            offset_micros=max(0, now_ns - self.start_ns) // 1000 if self.begin_ns else 0,
            next_ordinal=self.next_ordinals.get(worker, 0),
            error=why,
        )
        return True

    @property
    def at_work(self) -> list[int]:
        """The workers that will still say how they end."""
        return [worker for worker in self.positions if worker not in self.ended and worker not in self.lost]

    @property
    def all_prepared(self) -> bool:
        """Whether every worker that is left waits for the start."""
        return all(worker in self.prepared for worker in self.at_work)

    @property
    def outcome(self) -> agent_pb2.LeaseState:
        """The state to end in once no worker is at work: a lost worker's part is for others, and no failure."""
        if self.error:
            return agent_pb2.LEASE_STATE_FAILED
        stopped = any(ended.cancelled for ended in self.ended.values())
        if stopped or (self.cancelling and len(self.ended) < max(len(self.positions), 1)):
            return agent_pb2.LEASE_STATE_CANCELLED
        return agent_pb2.LEASE_STATE_COMPLETED

    @property
    def in_flight(self) -> int:
        """Requests in flight by the workers' last word; those of lost workers are not."""
        return sum(m.started - m.ended for worker, m in self._known().items() if worker not in self.lost)

    def _known(self) -> dict[int, Progress | Ended]:
        """Return the last word of each worker that has said one."""
        latest = {worker: self.ended.get(worker) or self.progress.get(worker) for worker in self.positions}
        return {worker: message for worker, message in latest.items() if message is not None}

    def to_progress(self, unacknowledged: int) -> agent_pb2.LeaseProgress:
        """Return the present figures for a heartbeat."""
        known = self._known()
        return agent_pb2.LeaseProgress(
            lease_id=self.lease_id,
            started=sum(message.started for message in known.values()),
            ended=sum(message.ended for message in known.values()),
            in_flight=self.in_flight,
            unacknowledged_batches=unacknowledged,
            health=_health([message.health for message in known.values()]),
            next_ordinal=max(self.next_ordinals.values(), default=0),
        )

    def to_update(self, last_batch_number: int) -> agent_pb2.LeaseUpdate:
        """Return the present state for the controller."""
        update = agent_pb2.LeaseUpdate(
            lease_id=self.lease_id,
            state=self.state,
            error=self.error[:2000],
            start_micros=self.start_micros,
            worker_count=len(self.positions),
            lost_workers=self.lost.values(),
        )
        if self.state in TERMINAL:
            ended = list(self.ended.values())
            seen = [one.health for one in ended]
            seen += [self.progress[worker].health for worker in self.lost if worker in self.progress]
            ends = [*(one.end_ns // 1000 for one in ended), *(one.offset_micros for one in self.lost.values())]
            ramp_downs = [one.ramp_down_ns for one in ended if one.ramp_down_ns]
            stamps = {one.kernel_stamps for one in seen if one.reads}
            update.last_batch_number = last_batch_number
            update.health.CopyFrom(_health(seen))
            update.health.uplink_full_seconds = self.full_seconds
            update.health.fenced_seconds = self.fenced_ns / 1e9
            update.timestamp_source = ("kernel" if all(stamps) else "user") if stamps else ""
            update.end_offset_micros = max(ends, default=0)
            update.ramp_down_offset_micros = min(ramp_downs, default=0) // 1000
            update.notes.extend(self._notes())
        return update

    def _notes(self) -> Iterator[str]:
        ended = self.ended.values()
        for loss in self.lost.values():
            yield f"{loss.error}: what it had in flight is not known, and what was left of its part is for others"
        if self.fenced_ns:
            yield (
                f"no request was started for {self.fenced_ns / 1e9:.1f} s because the controller did not answer: "
                "it could have given the share to others"
            )
        if self.full_seconds:
            yield (
                f"the uplink was full for {self.full_seconds:.1f} s: load was held back because the controller "
                "had not taken earlier samples, and neither memory nor spool had room for more"
            )
        if unsent := sum(one.unsent for one in ended):
            held_back = self.fenced_ns or self.full_seconds
            why = "they were held back" if held_back else "the cap of requests in flight was reached"
            yield f"{unsent} arrivals were due but never sent: {why}"
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
