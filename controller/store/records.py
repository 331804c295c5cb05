"""The rows of the tables that describe runs, as the rest of the controller sees them."""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.store.contexts import DEFAULT_PROJECT
from loadcell.v1 import agent_pb2, result_pb2, run_pb2, target_pb2


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run. Times are microseconds since 1970 UTC."""

    run_key: int
    run_id: str
    log_request_id: str
    state: run_pb2.RunState
    server_url: str
    model: str
    adapter: str
    config: result_pb2.RunConfig
    needs_secrets: bool
    probed: bool
    pin_output: bool
    words_per_token: float
    created_at: int
    started_at: int | None
    completed_at: int | None
    error: str | None
    notes: tuple[str, ...]
    owner: str | None
    owner_expires_at: int | None
    context_key: int = 0
    baseline: bool = False
    remark: str = ""

    @property
    def project_id(self) -> str:
        """Whose it is."""
        return self.config.project_id or DEFAULT_PROJECT


@dataclass(frozen=True, slots=True)
class LevelRecord:
    """A level of a run. `start_micros` is 0 before the level started."""

    plan: target_pb2.LevelPlan
    start_micros: int
    finished: bool


@dataclass(frozen=True, slots=True)
class LeaseRecord:
    """One agent's share of a level, or what was left of one when its agent was lost (`succeeds`).

    The share is the ordinals from `first_ordinal` up to, and without, `end_ordinal`.
    """

    lease_key: int
    lease_id: str
    run_key: int
    level: int
    share_index: int
    share_count: int
    agent_id: str
    state: agent_pb2.LeaseState
    error: str = ""
    committed_batch_number: int = 0
    last_batch_number: int = 0
    health: result_pb2.WorkerHealth | None = None
    timestamp_source: str = ""
    start_micros: int = 0
    end_offset_micros: int = 0
    ramp_down_offset_micros: int = 0
    worker_count: int = 0
    notes: tuple[str, ...] = ()
    clock_offset_micros: float | None = None
    clock_uncertainty_micros: float | None = None
    first_ordinal: int = 0
    end_ordinal: int | None = None
    succeeds: int | None = None


@dataclass(frozen=True, slots=True)
class AgentRecord:
    """An agent that has registered at least once."""

    agent_id: str
    hostname: str
    worker_count: int
    software_version: str
    kernel_timestamps: bool
    draining: bool
    registered_at: int
    last_seen_at: int
    labels: dict[str, str] = field(default_factory=dict)
    host: dict[str, str] = field(default_factory=dict)
    calibration: agent_pb2.Calibration | None = None
    clock_offset_micros: float | None = None
    clock_uncertainty_micros: float | None = None
    clock_steps: int = 0


@dataclass(frozen=True, slots=True)
class AssetRecord:
    """An uploaded file."""

    sha256: str
    kind: run_pb2.AssetKind
    filename: str
    size_bytes: int
