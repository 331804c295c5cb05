from loadcell.v1 import result_pb2 as _result_pb2
from loadcell.v1 import target_pb2 as _target_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LeaseState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEASE_STATE_UNSPECIFIED: _ClassVar[LeaseState]
    LEASE_STATE_OFFERED: _ClassVar[LeaseState]
    LEASE_STATE_PREPARING: _ClassVar[LeaseState]
    LEASE_STATE_READY: _ClassVar[LeaseState]
    LEASE_STATE_RUNNING: _ClassVar[LeaseState]
    LEASE_STATE_COMPLETED: _ClassVar[LeaseState]
    LEASE_STATE_FAILED: _ClassVar[LeaseState]
    LEASE_STATE_CANCELLED: _ClassVar[LeaseState]
    LEASE_STATE_EXPIRED: _ClassVar[LeaseState]
LEASE_STATE_UNSPECIFIED: LeaseState
LEASE_STATE_OFFERED: LeaseState
LEASE_STATE_PREPARING: LeaseState
LEASE_STATE_READY: LeaseState
LEASE_STATE_RUNNING: LeaseState
LEASE_STATE_COMPLETED: LeaseState
LEASE_STATE_FAILED: LeaseState
LEASE_STATE_CANCELLED: LeaseState
LEASE_STATE_EXPIRED: LeaseState

class SessionRequest(_message.Message):
    __slots__ = ("register", "heartbeat", "lease_update", "probe_result", "scrape_result")
    REGISTER_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    LEASE_UPDATE_FIELD_NUMBER: _ClassVar[int]
    PROBE_RESULT_FIELD_NUMBER: _ClassVar[int]
    SCRAPE_RESULT_FIELD_NUMBER: _ClassVar[int]
    register: Register
    heartbeat: Heartbeat
    lease_update: LeaseUpdate
    probe_result: ProbeResult
    scrape_result: ScrapeResult
    def __init__(self, register: _Optional[_Union[Register, _Mapping]] = ..., heartbeat: _Optional[_Union[Heartbeat, _Mapping]] = ..., lease_update: _Optional[_Union[LeaseUpdate, _Mapping]] = ..., probe_result: _Optional[_Union[ProbeResult, _Mapping]] = ..., scrape_result: _Optional[_Union[ScrapeResult, _Mapping]] = ...) -> None: ...

class SessionResponse(_message.Message):
    __slots__ = ("registered", "heartbeat_reply", "lease_grant", "lease_start", "lease_cancel", "probe", "drain", "scrape")
    REGISTERED_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_REPLY_FIELD_NUMBER: _ClassVar[int]
    LEASE_GRANT_FIELD_NUMBER: _ClassVar[int]
    LEASE_START_FIELD_NUMBER: _ClassVar[int]
    LEASE_CANCEL_FIELD_NUMBER: _ClassVar[int]
    PROBE_FIELD_NUMBER: _ClassVar[int]
    DRAIN_FIELD_NUMBER: _ClassVar[int]
    SCRAPE_FIELD_NUMBER: _ClassVar[int]
    registered: Registered
    heartbeat_reply: HeartbeatReply
    lease_grant: LeaseGrant
    lease_start: LeaseStart
    lease_cancel: LeaseCancel
    probe: Probe
    drain: Drain
    scrape: Scrape
    def __init__(self, registered: _Optional[_Union[Registered, _Mapping]] = ..., heartbeat_reply: _Optional[_Union[HeartbeatReply, _Mapping]] = ..., lease_grant: _Optional[_Union[LeaseGrant, _Mapping]] = ..., lease_start: _Optional[_Union[LeaseStart, _Mapping]] = ..., lease_cancel: _Optional[_Union[LeaseCancel, _Mapping]] = ..., probe: _Optional[_Union[Probe, _Mapping]] = ..., drain: _Optional[_Union[Drain, _Mapping]] = ..., scrape: _Optional[_Union[Scrape, _Mapping]] = ...) -> None: ...

class Register(_message.Message):
    __slots__ = ("agent_id", "protocol_version", "software_version", "hostname", "labels", "worker_count", "host", "leases", "calibration", "kernel_timestamps", "instance_id", "scrapes")
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
    PROTOCOL_VERSION_FIELD_NUMBER: _ClassVar[int]
    SOFTWARE_VERSION_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    WORKER_COUNT_FIELD_NUMBER: _ClassVar[int]
    HOST_FIELD_NUMBER: _ClassVar[int]
    LEASES_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_FIELD_NUMBER: _ClassVar[int]
    KERNEL_TIMESTAMPS_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_ID_FIELD_NUMBER: _ClassVar[int]
    SCRAPES_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    protocol_version: int
    software_version: str
    hostname: str
    labels: _containers.ScalarMap[str, str]
    worker_count: int
    host: _containers.ScalarMap[str, str]
    leases: _containers.RepeatedCompositeFieldContainer[LeaseUpdate]
    calibration: Calibration
    kernel_timestamps: bool
    instance_id: str
    scrapes: bool
    def __init__(self, agent_id: _Optional[str] = ..., protocol_version: _Optional[int] = ..., software_version: _Optional[str] = ..., hostname: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., worker_count: _Optional[int] = ..., host: _Optional[_Mapping[str, str]] = ..., leases: _Optional[_Iterable[_Union[LeaseUpdate, _Mapping]]] = ..., calibration: _Optional[_Union[Calibration, _Mapping]] = ..., kernel_timestamps: _Optional[bool] = ..., instance_id: _Optional[str] = ..., scrapes: _Optional[bool] = ...) -> None: ...

class Calibration(_message.Message):
    __slots__ = ("max_requests_per_sec", "max_tokens_per_sec", "stamp_error_p99_micros", "cpu_micros_per_token", "measured_at_micros")
    MAX_REQUESTS_PER_SEC_FIELD_NUMBER: _ClassVar[int]
    MAX_TOKENS_PER_SEC_FIELD_NUMBER: _ClassVar[int]
    STAMP_ERROR_P99_MICROS_FIELD_NUMBER: _ClassVar[int]
    CPU_MICROS_PER_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MEASURED_AT_MICROS_FIELD_NUMBER: _ClassVar[int]
    max_requests_per_sec: float
    max_tokens_per_sec: float
    stamp_error_p99_micros: float
    cpu_micros_per_token: float
    measured_at_micros: int
    def __init__(self, max_requests_per_sec: _Optional[float] = ..., max_tokens_per_sec: _Optional[float] = ..., stamp_error_p99_micros: _Optional[float] = ..., cpu_micros_per_token: _Optional[float] = ..., measured_at_micros: _Optional[int] = ...) -> None: ...

class Registered(_message.Message):
    __slots__ = ("controller_id", "protocol_version", "heartbeat_interval_micros", "lease_duration_micros", "software_version")
    CONTROLLER_ID_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_VERSION_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_INTERVAL_MICROS_FIELD_NUMBER: _ClassVar[int]
    LEASE_DURATION_MICROS_FIELD_NUMBER: _ClassVar[int]
    SOFTWARE_VERSION_FIELD_NUMBER: _ClassVar[int]
    controller_id: str
    protocol_version: int
    heartbeat_interval_micros: int
    lease_duration_micros: int
    software_version: str
    def __init__(self, controller_id: _Optional[str] = ..., protocol_version: _Optional[int] = ..., heartbeat_interval_micros: _Optional[int] = ..., lease_duration_micros: _Optional[int] = ..., software_version: _Optional[str] = ...) -> None: ...

class Heartbeat(_message.Message):
    __slots__ = ("sequence", "agent_send_micros", "clock_offset_micros", "clock_uncertainty_micros", "leases", "uplink_memory_bytes", "uplink_spool_bytes", "clock_steps")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    AGENT_SEND_MICROS_FIELD_NUMBER: _ClassVar[int]
    CLOCK_OFFSET_MICROS_FIELD_NUMBER: _ClassVar[int]
    CLOCK_UNCERTAINTY_MICROS_FIELD_NUMBER: _ClassVar[int]
    LEASES_FIELD_NUMBER: _ClassVar[int]
    UPLINK_MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    UPLINK_SPOOL_BYTES_FIELD_NUMBER: _ClassVar[int]
    CLOCK_STEPS_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    agent_send_micros: int
    clock_offset_micros: float
    clock_uncertainty_micros: float
    leases: _containers.RepeatedCompositeFieldContainer[LeaseProgress]
    uplink_memory_bytes: int
    uplink_spool_bytes: int
    clock_steps: int
    def __init__(self, sequence: _Optional[int] = ..., agent_send_micros: _Optional[int] = ..., clock_offset_micros: _Optional[float] = ..., clock_uncertainty_micros: _Optional[float] = ..., leases: _Optional[_Iterable[_Union[LeaseProgress, _Mapping]]] = ..., uplink_memory_bytes: _Optional[int] = ..., uplink_spool_bytes: _Optional[int] = ..., clock_steps: _Optional[int] = ...) -> None: ...

class LeaseProgress(_message.Message):
    __slots__ = ("lease_id", "started", "ended", "in_flight", "unacknowledged_batches", "health", "next_ordinal")
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    IN_FLIGHT_FIELD_NUMBER: _ClassVar[int]
    UNACKNOWLEDGED_BATCHES_FIELD_NUMBER: _ClassVar[int]
    HEALTH_FIELD_NUMBER: _ClassVar[int]
    NEXT_ORDINAL_FIELD_NUMBER: _ClassVar[int]
    lease_id: str
    started: int
    ended: int
    in_flight: int
    unacknowledged_batches: int
    health: _result_pb2.WorkerHealth
    next_ordinal: int
    def __init__(self, lease_id: _Optional[str] = ..., started: _Optional[int] = ..., ended: _Optional[int] = ..., in_flight: _Optional[int] = ..., unacknowledged_batches: _Optional[int] = ..., health: _Optional[_Union[_result_pb2.WorkerHealth, _Mapping]] = ..., next_ordinal: _Optional[int] = ...) -> None: ...

class HeartbeatReply(_message.Message):
    __slots__ = ("sequence", "agent_send_micros", "controller_receive_micros", "controller_send_micros", "updates_pending", "driven_elsewhere")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    AGENT_SEND_MICROS_FIELD_NUMBER: _ClassVar[int]
    CONTROLLER_RECEIVE_MICROS_FIELD_NUMBER: _ClassVar[int]
    CONTROLLER_SEND_MICROS_FIELD_NUMBER: _ClassVar[int]
    UPDATES_PENDING_FIELD_NUMBER: _ClassVar[int]
    DRIVEN_ELSEWHERE_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    agent_send_micros: int
    controller_receive_micros: int
    controller_send_micros: int
    updates_pending: bool
    driven_elsewhere: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, sequence: _Optional[int] = ..., agent_send_micros: _Optional[int] = ..., controller_receive_micros: _Optional[int] = ..., controller_send_micros: _Optional[int] = ..., updates_pending: _Optional[bool] = ..., driven_elsewhere: _Optional[_Iterable[str]] = ...) -> None: ...

class LeaseGrant(_message.Message):
    __slots__ = ("lease_id", "run_id", "level", "share_index", "share_count", "target", "workload", "worker_count", "timeline", "request_id", "first_ordinal", "fence_micros")
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    SHARE_INDEX_FIELD_NUMBER: _ClassVar[int]
    SHARE_COUNT_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    WORKLOAD_FIELD_NUMBER: _ClassVar[int]
    WORKER_COUNT_FIELD_NUMBER: _ClassVar[int]
    TIMELINE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    FIRST_ORDINAL_FIELD_NUMBER: _ClassVar[int]
    FENCE_MICROS_FIELD_NUMBER: _ClassVar[int]
    lease_id: str
    run_id: str
    level: _target_pb2.LevelPlan
    share_index: int
    share_count: int
    target: _target_pb2.TargetSpec
    workload: _target_pb2.WorkloadSpec
    worker_count: int
    timeline: bool
    request_id: str
    first_ordinal: int
    fence_micros: int
    def __init__(self, lease_id: _Optional[str] = ..., run_id: _Optional[str] = ..., level: _Optional[_Union[_target_pb2.LevelPlan, _Mapping]] = ..., share_index: _Optional[int] = ..., share_count: _Optional[int] = ..., target: _Optional[_Union[_target_pb2.TargetSpec, _Mapping]] = ..., workload: _Optional[_Union[_target_pb2.WorkloadSpec, _Mapping]] = ..., worker_count: _Optional[int] = ..., timeline: _Optional[bool] = ..., request_id: _Optional[str] = ..., first_ordinal: _Optional[int] = ..., fence_micros: _Optional[int] = ...) -> None: ...

class LeaseStart(_message.Message):
    __slots__ = ("lease_id", "start_micros")
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    START_MICROS_FIELD_NUMBER: _ClassVar[int]
    lease_id: str
    start_micros: int
    def __init__(self, lease_id: _Optional[str] = ..., start_micros: _Optional[int] = ...) -> None: ...

class LeaseCancel(_message.Message):
    __slots__ = ("lease_id", "reason")
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    lease_id: str
    reason: str
    def __init__(self, lease_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class LeaseUpdate(_message.Message):
    __slots__ = ("lease_id", "state", "last_batch_number", "error", "health", "timestamp_source", "end_offset_micros", "ramp_down_offset_micros", "notes", "start_micros", "worker_count", "lost_workers")
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    LAST_BATCH_NUMBER_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    HEALTH_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_SOURCE_FIELD_NUMBER: _ClassVar[int]
    END_OFFSET_MICROS_FIELD_NUMBER: _ClassVar[int]
    RAMP_DOWN_OFFSET_MICROS_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    START_MICROS_FIELD_NUMBER: _ClassVar[int]
    WORKER_COUNT_FIELD_NUMBER: _ClassVar[int]
    LOST_WORKERS_FIELD_NUMBER: _ClassVar[int]
    lease_id: str
    state: LeaseState
    last_batch_number: int
    error: str
    health: _result_pb2.WorkerHealth
    timestamp_source: str
    end_offset_micros: int
    ramp_down_offset_micros: int
    notes: _containers.RepeatedScalarFieldContainer[str]
    start_micros: int
    worker_count: int
    lost_workers: _containers.RepeatedCompositeFieldContainer[WorkerLoss]
    def __init__(self, lease_id: _Optional[str] = ..., state: _Optional[_Union[LeaseState, str]] = ..., last_batch_number: _Optional[int] = ..., error: _Optional[str] = ..., health: _Optional[_Union[_result_pb2.WorkerHealth, _Mapping]] = ..., timestamp_source: _Optional[str] = ..., end_offset_micros: _Optional[int] = ..., ramp_down_offset_micros: _Optional[int] = ..., notes: _Optional[_Iterable[str]] = ..., start_micros: _Optional[int] = ..., worker_count: _Optional[int] = ..., lost_workers: _Optional[_Iterable[_Union[WorkerLoss, _Mapping]]] = ...) -> None: ...

class WorkerLoss(_message.Message):
    __slots__ = ("worker", "worker_count", "offset_micros", "next_ordinal", "error")
    WORKER_FIELD_NUMBER: _ClassVar[int]
    WORKER_COUNT_FIELD_NUMBER: _ClassVar[int]
    OFFSET_MICROS_FIELD_NUMBER: _ClassVar[int]
    NEXT_ORDINAL_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    worker: int
    worker_count: int
    offset_micros: int
    next_ordinal: int
    error: str
    def __init__(self, worker: _Optional[int] = ..., worker_count: _Optional[int] = ..., offset_micros: _Optional[int] = ..., next_ordinal: _Optional[int] = ..., error: _Optional[str] = ...) -> None: ...

class Probe(_message.Message):
    __slots__ = ("probe_id", "target", "workload")
    PROBE_ID_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    WORKLOAD_FIELD_NUMBER: _ClassVar[int]
    probe_id: str
    target: _target_pb2.TargetSpec
    workload: _target_pb2.WorkloadSpec
    def __init__(self, probe_id: _Optional[str] = ..., target: _Optional[_Union[_target_pb2.TargetSpec, _Mapping]] = ..., workload: _Optional[_Union[_target_pb2.WorkloadSpec, _Mapping]] = ...) -> None: ...

class ProbeResult(_message.Message):
    __slots__ = ("probe_id", "error", "error_reason", "model", "pin_output", "words_per_token", "notes")
    PROBE_ID_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    ERROR_REASON_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    PIN_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    WORDS_PER_TOKEN_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    probe_id: str
    error: str
    error_reason: str
    model: str
    pin_output: bool
    words_per_token: float
    notes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, probe_id: _Optional[str] = ..., error: _Optional[str] = ..., error_reason: _Optional[str] = ..., model: _Optional[str] = ..., pin_output: _Optional[bool] = ..., words_per_token: _Optional[float] = ..., notes: _Optional[_Iterable[str]] = ...) -> None: ...

class Scrape(_message.Message):
    __slots__ = ("scrape_id", "target")
    SCRAPE_ID_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    scrape_id: str
    target: _target_pb2.TargetSpec
    def __init__(self, scrape_id: _Optional[str] = ..., target: _Optional[_Union[_target_pb2.TargetSpec, _Mapping]] = ...) -> None: ...

class ScrapeResult(_message.Message):
    __slots__ = ("scrape_id", "error", "series")
    SCRAPE_ID_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    SERIES_FIELD_NUMBER: _ClassVar[int]
    scrape_id: str
    error: str
    series: _containers.RepeatedCompositeFieldContainer[ServerSeries]
    def __init__(self, scrape_id: _Optional[str] = ..., error: _Optional[str] = ..., series: _Optional[_Iterable[_Union[ServerSeries, _Mapping]]] = ...) -> None: ...

class ServerSeries(_message.Message):
    __slots__ = ("name", "labels", "value")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    labels: _containers.ScalarMap[str, str]
    value: float
    def __init__(self, name: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., value: _Optional[float] = ...) -> None: ...

class Drain(_message.Message):
    __slots__ = ("enabled",)
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    enabled: bool
    def __init__(self, enabled: _Optional[bool] = ...) -> None: ...

class StreamSamplesRequest(_message.Message):
    __slots__ = ("agent_id", "lease_id", "batch_number", "columns", "crc32")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    BATCH_NUMBER_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    CRC32_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    lease_id: str
    batch_number: int
    columns: bytes
    crc32: int
    def __init__(self, agent_id: _Optional[str] = ..., lease_id: _Optional[str] = ..., batch_number: _Optional[int] = ..., columns: _Optional[bytes] = ..., crc32: _Optional[int] = ...) -> None: ...

class StreamSamplesResponse(_message.Message):
    __slots__ = ("lease_id", "committed_batch_number", "refused_reason", "refused_batch_number")
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    COMMITTED_BATCH_NUMBER_FIELD_NUMBER: _ClassVar[int]
    REFUSED_REASON_FIELD_NUMBER: _ClassVar[int]
    REFUSED_BATCH_NUMBER_FIELD_NUMBER: _ClassVar[int]
    lease_id: str
    committed_batch_number: int
    refused_reason: str
    refused_batch_number: int
    def __init__(self, lease_id: _Optional[str] = ..., committed_batch_number: _Optional[int] = ..., refused_reason: _Optional[str] = ..., refused_batch_number: _Optional[int] = ...) -> None: ...

class GetAssetRequest(_message.Message):
    __slots__ = ("sha256",)
    SHA256_FIELD_NUMBER: _ClassVar[int]
    sha256: str
    def __init__(self, sha256: _Optional[str] = ...) -> None: ...

class GetAssetResponse(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...
