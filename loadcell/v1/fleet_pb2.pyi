import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from loadcell.v1 import agent_pb2 as _agent_pb2
from loadcell.v1 import options_pb2 as _options_pb2
from loadcell.v1 import run_pb2 as _run_pb2
from loadcell.v1 import sample_pb2 as _sample_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AgentState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AGENT_STATE_UNSPECIFIED: _ClassVar[AgentState]
    AGENT_STATE_READY: _ClassVar[AgentState]
    AGENT_STATE_BUSY: _ClassVar[AgentState]
    AGENT_STATE_DRAINING: _ClassVar[AgentState]
    AGENT_STATE_LOST: _ClassVar[AgentState]
AGENT_STATE_UNSPECIFIED: AgentState
AGENT_STATE_READY: AgentState
AGENT_STATE_BUSY: AgentState
AGENT_STATE_DRAINING: AgentState
AGENT_STATE_LOST: AgentState

class Agent(_message.Message):
    __slots__ = ("agent_id", "state", "hostname", "labels", "worker_count", "software_version", "host", "last_seen_at", "registered_at", "calibration", "clock_offset_micros", "clock_uncertainty_micros", "lease_count", "kernel_timestamps", "clock_steps", "uplink_bytes")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class HostEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    WORKER_COUNT_FIELD_NUMBER: _ClassVar[int]
    SOFTWARE_VERSION_FIELD_NUMBER: _ClassVar[int]
    HOST_FIELD_NUMBER: _ClassVar[int]
    LAST_SEEN_AT_FIELD_NUMBER: _ClassVar[int]
    REGISTERED_AT_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_FIELD_NUMBER: _ClassVar[int]
    CLOCK_OFFSET_MICROS_FIELD_NUMBER: _ClassVar[int]
    CLOCK_UNCERTAINTY_MICROS_FIELD_NUMBER: _ClassVar[int]
    LEASE_COUNT_FIELD_NUMBER: _ClassVar[int]
    KERNEL_TIMESTAMPS_FIELD_NUMBER: _ClassVar[int]
    CLOCK_STEPS_FIELD_NUMBER: _ClassVar[int]
    UPLINK_BYTES_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    state: AgentState
    hostname: str
    labels: _containers.ScalarMap[str, str]
    worker_count: int
    software_version: str
    host: _containers.ScalarMap[str, str]
    last_seen_at: _timestamp_pb2.Timestamp
    registered_at: _timestamp_pb2.Timestamp
    calibration: _agent_pb2.Calibration
    clock_offset_micros: float
    clock_uncertainty_micros: float
    lease_count: int
    kernel_timestamps: bool
    clock_steps: int
    uplink_bytes: int
    def __init__(self, agent_id: _Optional[str] = ..., state: _Optional[_Union[AgentState, str]] = ..., hostname: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., worker_count: _Optional[int] = ..., software_version: _Optional[str] = ..., host: _Optional[_Mapping[str, str]] = ..., last_seen_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., registered_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., calibration: _Optional[_Union[_agent_pb2.Calibration, _Mapping]] = ..., clock_offset_micros: _Optional[float] = ..., clock_uncertainty_micros: _Optional[float] = ..., lease_count: _Optional[int] = ..., kernel_timestamps: _Optional[bool] = ..., clock_steps: _Optional[int] = ..., uplink_bytes: _Optional[int] = ...) -> None: ...

class ListAgentsRequest(_message.Message):
    __slots__ = ("limit", "cursor")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    limit: int
    cursor: str
    def __init__(self, limit: _Optional[int] = ..., cursor: _Optional[str] = ...) -> None: ...

class ListAgentsResponse(_message.Message):
    __slots__ = ("agents", "next_cursor", "total")
    AGENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_CURSOR_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    agents: _containers.RepeatedCompositeFieldContainer[Agent]
    next_cursor: str
    total: int
    def __init__(self, agents: _Optional[_Iterable[_Union[Agent, _Mapping]]] = ..., next_cursor: _Optional[str] = ..., total: _Optional[int] = ...) -> None: ...

class GetAgentRequest(_message.Message):
    __slots__ = ("agent_id",)
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    def __init__(self, agent_id: _Optional[str] = ...) -> None: ...

class GetAgentResponse(_message.Message):
    __slots__ = ("agent",)
    AGENT_FIELD_NUMBER: _ClassVar[int]
    agent: Agent
    def __init__(self, agent: _Optional[_Union[Agent, _Mapping]] = ...) -> None: ...

class DrainAgentRequest(_message.Message):
    __slots__ = ("agent_id", "resume")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    RESUME_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    resume: bool
    def __init__(self, agent_id: _Optional[str] = ..., resume: _Optional[bool] = ...) -> None: ...

class DrainAgentResponse(_message.Message):
    __slots__ = ("agent",)
    AGENT_FIELD_NUMBER: _ClassVar[int]
    agent: Agent
    def __init__(self, agent: _Optional[_Union[Agent, _Mapping]] = ...) -> None: ...

class AgentToken(_message.Message):
    __slots__ = ("token_id", "name", "prefix", "agent_id", "created_at", "expires_at", "revoked_at", "last_used_at")
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    REVOKED_AT_FIELD_NUMBER: _ClassVar[int]
    LAST_USED_AT_FIELD_NUMBER: _ClassVar[int]
    token_id: str
    name: str
    prefix: str
    agent_id: str
    created_at: _timestamp_pb2.Timestamp
    expires_at: _timestamp_pb2.Timestamp
    revoked_at: _timestamp_pb2.Timestamp
    last_used_at: _timestamp_pb2.Timestamp
    def __init__(self, token_id: _Optional[str] = ..., name: _Optional[str] = ..., prefix: _Optional[str] = ..., agent_id: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revoked_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_used_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CreateAgentTokenRequest(_message.Message):
    __slots__ = ("name", "expires_at")
    NAME_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    name: str
    expires_at: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CreateAgentTokenResponse(_message.Message):
    __slots__ = ("details", "token")
    DETAILS_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    details: AgentToken
    token: str
    def __init__(self, details: _Optional[_Union[AgentToken, _Mapping]] = ..., token: _Optional[str] = ...) -> None: ...

class ListAgentTokensRequest(_message.Message):
    __slots__ = ("limit", "cursor")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    limit: int
    cursor: str
    def __init__(self, limit: _Optional[int] = ..., cursor: _Optional[str] = ...) -> None: ...

class ListAgentTokensResponse(_message.Message):
    __slots__ = ("tokens", "next_cursor", "total")
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    NEXT_CURSOR_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    tokens: _containers.RepeatedCompositeFieldContainer[AgentToken]
    next_cursor: str
    total: int
    def __init__(self, tokens: _Optional[_Iterable[_Union[AgentToken, _Mapping]]] = ..., next_cursor: _Optional[str] = ..., total: _Optional[int] = ...) -> None: ...

class RevokeAgentTokenRequest(_message.Message):
    __slots__ = ("token_id",)
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    token_id: str
    def __init__(self, token_id: _Optional[str] = ...) -> None: ...

class RevokeAgentTokenResponse(_message.Message):
    __slots__ = ("token",)
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    token: AgentToken
    def __init__(self, token: _Optional[_Union[AgentToken, _Mapping]] = ...) -> None: ...

class GetLiveMetricsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetLiveMetricsResponse(_message.Message):
    __slots__ = ("runs", "agent_counts", "run_counts", "batches_committed", "batches_duplicate", "samples_committed")
    class AgentCountsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class RunCountsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    RUNS_FIELD_NUMBER: _ClassVar[int]
    AGENT_COUNTS_FIELD_NUMBER: _ClassVar[int]
    RUN_COUNTS_FIELD_NUMBER: _ClassVar[int]
    BATCHES_COMMITTED_FIELD_NUMBER: _ClassVar[int]
    BATCHES_DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_COMMITTED_FIELD_NUMBER: _ClassVar[int]
    runs: _containers.RepeatedCompositeFieldContainer[RunMetrics]
    agent_counts: _containers.ScalarMap[str, int]
    run_counts: _containers.ScalarMap[str, int]
    batches_committed: int
    batches_duplicate: int
    samples_committed: int
    def __init__(self, runs: _Optional[_Iterable[_Union[RunMetrics, _Mapping]]] = ..., agent_counts: _Optional[_Mapping[str, int]] = ..., run_counts: _Optional[_Mapping[str, int]] = ..., batches_committed: _Optional[int] = ..., batches_duplicate: _Optional[int] = ..., samples_committed: _Optional[int] = ...) -> None: ...

class RunMetrics(_message.Message):
    __slots__ = ("run_id", "model", "status", "levels")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    LEVELS_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    model: str
    status: str
    levels: _containers.RepeatedCompositeFieldContainer[LevelMetrics]
    def __init__(self, run_id: _Optional[str] = ..., model: _Optional[str] = ..., status: _Optional[str] = ..., levels: _Optional[_Iterable[_Union[LevelMetrics, _Mapping]]] = ...) -> None: ...

class LevelMetrics(_message.Message):
    __slots__ = ("progress", "sketches", "objectives_set")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    SKETCHES_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVES_SET_FIELD_NUMBER: _ClassVar[int]
    progress: _run_pb2.LevelProgress
    sketches: _containers.RepeatedCompositeFieldContainer[_sample_pb2.Sketch]
    objectives_set: bool
    def __init__(self, progress: _Optional[_Union[_run_pb2.LevelProgress, _Mapping]] = ..., sketches: _Optional[_Iterable[_Union[_sample_pb2.Sketch, _Mapping]]] = ..., objectives_set: _Optional[bool] = ...) -> None: ...
