"""What the store knows about a run when its result is computed: the seam between store and report."""

from __future__ import annotations

from dataclasses import dataclass, field

from loadcell.stats.columns import SampleArrays
from loadcell.stats.fold import Fold
from loadcell.stats.goodput import Objectives
from loadcell.stats.ordinals import Ordinals
from loadcell.v1 import agent_pb2, result_pb2, run_pb2, sample_pb2, target_pb2


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """An agent of the run. Its position in `RunFacts.agents` is the `agent` number in the sample arrays."""

    agent_id: str
    hostname: str
    worker_count: int
    host: dict[str, str]
    clock_offset_micros: float | None
    clock_uncertainty_micros: float | None


@dataclass(frozen=True, slots=True)
class LeaseFacts:
    """One agent's share of a level and how it ended. Offsets count from the lease's own start.

    Its position in `LevelFacts.leases` is the `lease` number in the sample arrays.
    """

    agent: int
    state: int  # LeaseState
    error: str
    health: result_pb2.WorkerHealth | None
    timestamp_source: str
    start_micros: int  # controller clock, since 1970; 0 when it never started
    end_offset_micros: int
    ramp_down_offset_micros: int
    notes: list[str]
    end_ordinal: int | None = None  # from here on others have the share
    succeeds: int | None = None  # position of the lease this one takes over from


@dataclass(frozen=True, slots=True)
class Folded:
    """What the measured requests of a level add up to that ended OK or with an ERROR.

    Attributes:
        folds: By position of their lease.
        ordinals: Of these requests, and of the others of the level.
        objectives: Of the run.
    """

    folds: dict[int, Fold]
    ordinals: Ordinals
    objectives: Objectives


@dataclass(frozen=True, slots=True)
class LevelFacts:
    """Everything measured at one level, warm-up requests included."""

    plan: target_pb2.LevelPlan
    start_micros: int  # controller clock, since 1970; 0 when it never started
    leases: list[LeaseFacts]
    samples: SampleArrays
    sketches: list[sample_pb2.Sketch]  # of all batches, unmerged
    finish_reasons: list[str]
    error_messages: dict[int, str] = field(default_factory=dict)  # ErrorClass -> a sample message
    folded: Folded | None = None  # where the run does not keep all requests; `samples` are then those not in it


@dataclass(frozen=True, slots=True)
class Told:
    """What the server of a run said of itself before and after it, as far as it was asked."""

    before: agent_pb2.ScrapeResult | None
    after: agent_pb2.ScrapeResult | None
    asked_micros: int  # after the run, since 1970; 0 when it was not


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run with its levels."""

    run: run_pb2.Run
    config: result_pb2.RunConfig
    agents: list[AgentFacts]
    levels: list[LevelFacts]
    notes: list[str]
    told: Told | None = None  # where the run is compared with its server and has ended
