"""What the main process and a worker process say to one another.

Times are nanoseconds of CLOCK_MONOTONIC, which all processes of a machine share; those of fences are told by
`agent.fence.fence_clock_ns`.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.msgpack import Decoder, Encoder


class Target(Struct, frozen=True):
    """What is put under load, as in target.proto. `repr` shows no secrets."""

    server_url: str
    adapter: str
    model: str
    api_key: str
    headers: dict[str, str]
    stream: bool
    timeout_ns: int
    tls_verify: bool
    pin_output: bool
    redact_texts: bool = False

    def __repr__(self) -> str:
        return f"Target({self.server_url!r}, {self.adapter!r}, {self.model!r})"


class Level(Struct, frozen=True):
    """The level as a whole, as in target.proto. Exactly one of `request_count` and `duration_ns` is not 0."""

    index: int
    concurrency: int
    rate: float
    poisson: bool
    max_concurrency: int
    request_count: int
    duration_ns: int
    warmup_count: int


class Workload(Struct, frozen=True):
    """What is asked of the target; the assets are paths of files that exist, or empty."""

    input_len: int
    output_len: int
    seed: int
    words_per_token: float
    tokenizer_path: str
    dataset_path: str


class Guard(Struct, frozen=True):
    """What may be a target beside what is denied anyway: rules as settings write them.

    `project` are those of the project of the run.
    """

    deny: str = ""
    allow: str = ""
    project: str = ""


class Prepare(Struct, frozen=True, tag=True):
    """To a worker: get ready for its share of a lease, warm-up included.

    The share begins with `first_ordinal`. No request is started from `fence_ns` on, until an Extend names a later
    time; 0: there is no fence.
    """

    lease_id: str
    target: Target
    level: Level
    workload: Workload
    share: int
    shares: int
    worker: int
    workers: int
    timeline: bool
    guard: Guard = Guard()
    record_texts: bool = False
    first_ordinal: int = 0
    fence_ns: int = 0


class Start(Struct, frozen=True, tag=True):
    """To a worker: start a prepared lease at a time.

    Due times and offsets count from `start_ns`, the start of the level, which lies in the past for a share that is
    taken over. Its load begins at `begin_ns`, which never does.
    """

    lease_id: str
    start_ns: int
    begin_ns: int


class Extend(Struct, frozen=True, tag=True):
    """To a worker: requests of a lease may be started until a later time than it was told before."""

    lease_id: str
    fence_ns: int


class Cancel(Struct, frozen=True, tag=True):
    """To a worker: stop a lease now and report what was measured."""

    lease_id: str


class Prepared(Struct, frozen=True, tag=True):
    """From a worker: prompts, connections and warm-up are done."""

    lease_id: str


class Batch(Struct, frozen=True, tag=True):
    """From a worker: a serialized SampleColumns message. `next_ordinal` as in Progress."""

    lease_id: str
    columns: bytes
    next_ordinal: int


class Health(Struct, frozen=True, kw_only=True):
    """What a worker sees of itself during the measured phase of a lease."""

    wall_micros: int = 0
    cpu_micros: int = 0
    loop_lag_max_ms: float = 0.0
    client_delay_p99_ms: float = 0.0
    reads: int = 0
    coalesced_reads: int = 0
    late_arrivals: int = 0
    retransmits: int = 0
    open_files: int = 0
    open_files_limit: int = 0
    clock_steps: int = 0
    kernel_stamps: bool = False


class Progress(Struct, frozen=True, tag=True):
    """From a worker, every half second of a running lease.

    `next_ordinal` is one above the highest ordinal started; 0 when none was.
    """

    lease_id: str
    started: int
    ended: int
    in_flight: int
    next_ordinal: int
    health: Health


class Ended(Struct, frozen=True, tag=True):
    """From a worker: its share has ended; no batch of the lease follows.

    Offsets are nanoseconds since the start of the level. `error` is empty unless the share could not be carried
    out. `ramp_down_ns` is 0 when the worker never ran out of requests to start. `unsent` arrivals were due but not
    sent; `resent` requests were sent a second time because an idle connection had been closed.
    """

    lease_id: str
    cancelled: bool = False
    error: str = ""
    end_ns: int = 0
    ramp_down_ns: int = 0
    started: int = 0
    ended: int = 0
    next_ordinal: int = 0
    health: Health = Health()
    unsent: int = 0
    resent: int = 0
    notes: tuple[str, ...] = ()


ToWorker = Prepare | Start | Extend | Cancel
FromWorker = Prepared | Batch | Progress | Ended

ENCODER = Encoder()
TO_WORKER: Decoder[ToWorker] = Decoder(ToWorker)
FROM_WORKER: Decoder[FromWorker] = Decoder(FromWorker)
