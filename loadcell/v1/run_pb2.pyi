import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import httpbody_pb2 as _httpbody_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from loadcell.v1 import analysis_pb2 as _analysis_pb2
from loadcell.v1 import options_pb2 as _options_pb2
from loadcell.v1 import result_pb2 as _result_pb2
from loadcell.v1 import target_pb2 as _target_pb2
from loadcell.v1 import validation_pb2 as _validation_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RunState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RUN_STATE_UNSPECIFIED: _ClassVar[RunState]
    RUN_STATE_PENDING: _ClassVar[RunState]
    RUN_STATE_SCHEDULED: _ClassVar[RunState]
    RUN_STATE_RUNNING: _ClassVar[RunState]
    RUN_STATE_CANCELLING: _ClassVar[RunState]
    RUN_STATE_COMPLETED: _ClassVar[RunState]
    RUN_STATE_FAILED: _ClassVar[RunState]
    RUN_STATE_CANCELLED: _ClassVar[RunState]

class AssetKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ASSET_KIND_UNSPECIFIED: _ClassVar[AssetKind]
    ASSET_KIND_TOKENIZER: _ClassVar[AssetKind]
    ASSET_KIND_DATASET: _ClassVar[AssetKind]
RUN_STATE_UNSPECIFIED: RunState
RUN_STATE_PENDING: RunState
RUN_STATE_SCHEDULED: RunState
RUN_STATE_RUNNING: RunState
RUN_STATE_CANCELLING: RunState
RUN_STATE_COMPLETED: RunState
RUN_STATE_FAILED: RunState
RUN_STATE_CANCELLED: RunState
ASSET_KIND_UNSPECIFIED: AssetKind
ASSET_KIND_TOKENIZER: AssetKind
ASSET_KIND_DATASET: AssetKind

class Run(_message.Message):
    __slots__ = ("run_id", "status", "state", "server_url", "model", "adapter", "framework", "started_at", "completed_at", "created_at", "error", "labels", "config", "agent_ids", "project_id", "baseline", "notes", "recommendation")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SERVER_URL_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ADAPTER_FIELD_NUMBER: _ClassVar[int]
    FRAMEWORK_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_AT_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    AGENT_IDS_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    BASELINE_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    RECOMMENDATION_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    status: str
    state: RunState
    server_url: str
    model: str
    adapter: str
    framework: str
    started_at: _timestamp_pb2.Timestamp
    completed_at: _timestamp_pb2.Timestamp
    created_at: _timestamp_pb2.Timestamp
    error: str
    labels: _containers.ScalarMap[str, str]
    config: _result_pb2.RunConfig
    agent_ids: _containers.RepeatedScalarFieldContainer[str]
    project_id: str
    baseline: bool
    notes: str
    recommendation: bool
    def __init__(self, run_id: _Optional[str] = ..., status: _Optional[str] = ..., state: _Optional[_Union[RunState, str]] = ..., server_url: _Optional[str] = ..., model: _Optional[str] = ..., adapter: _Optional[str] = ..., framework: _Optional[str] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., completed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., error: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., config: _Optional[_Union[_result_pb2.RunConfig, _Mapping]] = ..., agent_ids: _Optional[_Iterable[str]] = ..., project_id: _Optional[str] = ..., baseline: _Optional[bool] = ..., notes: _Optional[str] = ..., recommendation: _Optional[bool] = ...) -> None: ...

class CreateRunRequest(_message.Message):
    __slots__ = ("request_id", "server_url", "model", "adapter", "concurrency", "rate", "num_prompts", "duration_seconds", "input_len", "output_len", "stream", "warmup", "timeout", "api_key", "goodput_thresholds", "arrival", "max_concurrency", "seed", "labels", "headers", "tokenizer_asset", "dataset_asset", "agent_count", "worker_count", "timeline", "framework", "framework_config", "vllm_config", "validate_only", "tls_verify", "agent_labels", "force", "project_id", "provider", "environment", "service_name", "user_id", "session_id", "tags", "record_texts", "trace_sample_rate", "sketch_only", "acknowledge_load", "requests_per_slot", "validation_config")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class HeadersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class AgentLabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SERVER_URL_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ADAPTER_FIELD_NUMBER: _ClassVar[int]
    CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    NUM_PROMPTS_FIELD_NUMBER: _ClassVar[int]
    DURATION_SECONDS_FIELD_NUMBER: _ClassVar[int]
    INPUT_LEN_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_LEN_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    WARMUP_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    API_KEY_FIELD_NUMBER: _ClassVar[int]
    GOODPUT_THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    ARRIVAL_FIELD_NUMBER: _ClassVar[int]
    MAX_CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    TOKENIZER_ASSET_FIELD_NUMBER: _ClassVar[int]
    DATASET_ASSET_FIELD_NUMBER: _ClassVar[int]
    AGENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    WORKER_COUNT_FIELD_NUMBER: _ClassVar[int]
    TIMELINE_FIELD_NUMBER: _ClassVar[int]
    FRAMEWORK_FIELD_NUMBER: _ClassVar[int]
    FRAMEWORK_CONFIG_FIELD_NUMBER: _ClassVar[int]
    VLLM_CONFIG_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    TLS_VERIFY_FIELD_NUMBER: _ClassVar[int]
    AGENT_LABELS_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    SERVICE_NAME_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    RECORD_TEXTS_FIELD_NUMBER: _ClassVar[int]
    TRACE_SAMPLE_RATE_FIELD_NUMBER: _ClassVar[int]
    SKETCH_ONLY_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGE_LOAD_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_PER_SLOT_FIELD_NUMBER: _ClassVar[int]
    VALIDATION_CONFIG_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    server_url: str
    model: str
    adapter: str
    concurrency: _containers.RepeatedScalarFieldContainer[int]
    rate: _containers.RepeatedScalarFieldContainer[float]
    num_prompts: int
    duration_seconds: float
    input_len: int
    output_len: int
    stream: bool
    warmup: int
    timeout: float
    api_key: str
    goodput_thresholds: _target_pb2.GoodputThresholds
    arrival: _target_pb2.Arrival
    max_concurrency: int
    seed: int
    labels: _containers.ScalarMap[str, str]
    headers: _containers.ScalarMap[str, str]
    tokenizer_asset: str
    dataset_asset: str
    agent_count: int
    worker_count: int
    timeline: bool
    framework: str
    framework_config: _struct_pb2.Struct
    vllm_config: _struct_pb2.Struct
    validate_only: bool
    tls_verify: bool
    agent_labels: _containers.ScalarMap[str, str]
    force: bool
    project_id: str
    provider: str
    environment: str
    service_name: str
    user_id: str
    session_id: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    record_texts: bool
    trace_sample_rate: float
    sketch_only: bool
    acknowledge_load: bool
    requests_per_slot: int
    validation_config: _validation_pb2.ValidationConfig
    def __init__(self, request_id: _Optional[str] = ..., server_url: _Optional[str] = ..., model: _Optional[str] = ..., adapter: _Optional[str] = ..., concurrency: _Optional[_Iterable[int]] = ..., rate: _Optional[_Iterable[float]] = ..., num_prompts: _Optional[int] = ..., duration_seconds: _Optional[float] = ..., input_len: _Optional[int] = ..., output_len: _Optional[int] = ..., stream: _Optional[bool] = ..., warmup: _Optional[int] = ..., timeout: _Optional[float] = ..., api_key: _Optional[str] = ..., goodput_thresholds: _Optional[_Union[_target_pb2.GoodputThresholds, _Mapping]] = ..., arrival: _Optional[_Union[_target_pb2.Arrival, str]] = ..., max_concurrency: _Optional[int] = ..., seed: _Optional[int] = ..., labels: _Optional[_Mapping[str, str]] = ..., headers: _Optional[_Mapping[str, str]] = ..., tokenizer_asset: _Optional[str] = ..., dataset_asset: _Optional[str] = ..., agent_count: _Optional[int] = ..., worker_count: _Optional[int] = ..., timeline: _Optional[bool] = ..., framework: _Optional[str] = ..., framework_config: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., vllm_config: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., validate_only: _Optional[bool] = ..., tls_verify: _Optional[bool] = ..., agent_labels: _Optional[_Mapping[str, str]] = ..., force: _Optional[bool] = ..., project_id: _Optional[str] = ..., provider: _Optional[str] = ..., environment: _Optional[str] = ..., service_name: _Optional[str] = ..., user_id: _Optional[str] = ..., session_id: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., record_texts: _Optional[bool] = ..., trace_sample_rate: _Optional[float] = ..., sketch_only: _Optional[bool] = ..., acknowledge_load: _Optional[bool] = ..., requests_per_slot: _Optional[int] = ..., validation_config: _Optional[_Union[_validation_pb2.ValidationConfig, _Mapping]] = ...) -> None: ...

class CreateRunResponse(_message.Message):
    __slots__ = ("run_id", "status")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    status: str
    def __init__(self, run_id: _Optional[str] = ..., status: _Optional[str] = ...) -> None: ...

class CheckTargetRequest(_message.Message):
    __slots__ = ("server_url", "model", "adapter", "api_key", "headers", "stream", "tls_verify", "agent_labels", "project_id")
    class HeadersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class AgentLabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SERVER_URL_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ADAPTER_FIELD_NUMBER: _ClassVar[int]
    API_KEY_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    TLS_VERIFY_FIELD_NUMBER: _ClassVar[int]
    AGENT_LABELS_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    server_url: str
    model: str
    adapter: str
    api_key: str
    headers: _containers.ScalarMap[str, str]
    stream: bool
    tls_verify: bool
    agent_labels: _containers.ScalarMap[str, str]
    project_id: str
    def __init__(self, server_url: _Optional[str] = ..., model: _Optional[str] = ..., adapter: _Optional[str] = ..., api_key: _Optional[str] = ..., headers: _Optional[_Mapping[str, str]] = ..., stream: _Optional[bool] = ..., tls_verify: _Optional[bool] = ..., agent_labels: _Optional[_Mapping[str, str]] = ..., project_id: _Optional[str] = ...) -> None: ...

class CheckTargetResponse(_message.Message):
    __slots__ = ("ok", "error_reason", "error", "advice", "agent_id", "adapter", "model", "pin_output", "notes", "timestamp_source")
    OK_FIELD_NUMBER: _ClassVar[int]
    ERROR_REASON_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    ADVICE_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    ADAPTER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    PIN_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_SOURCE_FIELD_NUMBER: _ClassVar[int]
    ok: bool
    error_reason: str
    error: str
    advice: str
    agent_id: str
    adapter: str
    model: str
    pin_output: bool
    notes: _containers.RepeatedScalarFieldContainer[str]
    timestamp_source: str
    def __init__(self, ok: _Optional[bool] = ..., error_reason: _Optional[str] = ..., error: _Optional[str] = ..., advice: _Optional[str] = ..., agent_id: _Optional[str] = ..., adapter: _Optional[str] = ..., model: _Optional[str] = ..., pin_output: _Optional[bool] = ..., notes: _Optional[_Iterable[str]] = ..., timestamp_source: _Optional[str] = ...) -> None: ...

class GetRunRequest(_message.Message):
    __slots__ = ("run_id",)
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    def __init__(self, run_id: _Optional[str] = ...) -> None: ...

class GetRunResponse(_message.Message):
    __slots__ = ("run",)
    RUN_FIELD_NUMBER: _ClassVar[int]
    run: Run
    def __init__(self, run: _Optional[_Union[Run, _Mapping]] = ...) -> None: ...

class BatchGetRunsRequest(_message.Message):
    __slots__ = ("run_ids",)
    RUN_IDS_FIELD_NUMBER: _ClassVar[int]
    run_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, run_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class BatchGetRunsResponse(_message.Message):
    __slots__ = ("runs", "not_found")
    RUNS_FIELD_NUMBER: _ClassVar[int]
    NOT_FOUND_FIELD_NUMBER: _ClassVar[int]
    runs: _containers.RepeatedCompositeFieldContainer[Run]
    not_found: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, runs: _Optional[_Iterable[_Union[Run, _Mapping]]] = ..., not_found: _Optional[_Iterable[str]] = ...) -> None: ...

class ListRunsRequest(_message.Message):
    __slots__ = ("limit", "offset", "cursor", "status", "model", "created_from", "created_to", "labels", "baseline", "project_id", "search", "sort_by", "sort_order")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    CREATED_FROM_FIELD_NUMBER: _ClassVar[int]
    CREATED_TO_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    BASELINE_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    SEARCH_FIELD_NUMBER: _ClassVar[int]
    SORT_BY_FIELD_NUMBER: _ClassVar[int]
    SORT_ORDER_FIELD_NUMBER: _ClassVar[int]
    limit: int
    offset: int
    cursor: str
    status: str
    model: str
    created_from: str
    created_to: str
    labels: _containers.RepeatedScalarFieldContainer[str]
    baseline: bool
    project_id: str
    search: str
    sort_by: str
    sort_order: str
    def __init__(self, limit: _Optional[int] = ..., offset: _Optional[int] = ..., cursor: _Optional[str] = ..., status: _Optional[str] = ..., model: _Optional[str] = ..., created_from: _Optional[str] = ..., created_to: _Optional[str] = ..., labels: _Optional[_Iterable[str]] = ..., baseline: _Optional[bool] = ..., project_id: _Optional[str] = ..., search: _Optional[str] = ..., sort_by: _Optional[str] = ..., sort_order: _Optional[str] = ...) -> None: ...

class ListRunsResponse(_message.Message):
    __slots__ = ("runs", "total", "limit", "offset", "next_cursor")
    RUNS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    NEXT_CURSOR_FIELD_NUMBER: _ClassVar[int]
    runs: _containers.RepeatedCompositeFieldContainer[Run]
    total: int
    limit: int
    offset: int
    next_cursor: str
    def __init__(self, runs: _Optional[_Iterable[_Union[Run, _Mapping]]] = ..., total: _Optional[int] = ..., limit: _Optional[int] = ..., offset: _Optional[int] = ..., next_cursor: _Optional[str] = ...) -> None: ...

class UpdateRunRequest(_message.Message):
    __slots__ = ("run_id", "labels", "remove_labels", "notes", "baseline")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    REMOVE_LABELS_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    BASELINE_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    labels: _containers.ScalarMap[str, str]
    remove_labels: _containers.RepeatedScalarFieldContainer[str]
    notes: str
    baseline: bool
    def __init__(self, run_id: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., remove_labels: _Optional[_Iterable[str]] = ..., notes: _Optional[str] = ..., baseline: _Optional[bool] = ...) -> None: ...

class UpdateRunResponse(_message.Message):
    __slots__ = ("run",)
    RUN_FIELD_NUMBER: _ClassVar[int]
    run: Run
    def __init__(self, run: _Optional[_Union[Run, _Mapping]] = ...) -> None: ...

class CancelRunRequest(_message.Message):
    __slots__ = ("run_id",)
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    def __init__(self, run_id: _Optional[str] = ...) -> None: ...

class CancelRunResponse(_message.Message):
    __slots__ = ("run",)
    RUN_FIELD_NUMBER: _ClassVar[int]
    run: Run
    def __init__(self, run: _Optional[_Union[Run, _Mapping]] = ...) -> None: ...

class DeleteRunRequest(_message.Message):
    __slots__ = ("run_id",)
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    def __init__(self, run_id: _Optional[str] = ...) -> None: ...

class DeleteRunResponse(_message.Message):
    __slots__ = ("deleted",)
    DELETED_FIELD_NUMBER: _ClassVar[int]
    deleted: str
    def __init__(self, deleted: _Optional[str] = ...) -> None: ...

class WatchRunRequest(_message.Message):
    __slots__ = ("run_id",)
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    def __init__(self, run_id: _Optional[str] = ...) -> None: ...

class WatchRunResponse(_message.Message):
    __slots__ = ("revision", "run", "levels", "level_count", "overall_percent", "eta_seconds", "notes", "validation_log", "agents", "agent_count")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    LEVELS_FIELD_NUMBER: _ClassVar[int]
    LEVEL_COUNT_FIELD_NUMBER: _ClassVar[int]
    OVERALL_PERCENT_FIELD_NUMBER: _ClassVar[int]
    ETA_SECONDS_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    VALIDATION_LOG_FIELD_NUMBER: _ClassVar[int]
    AGENTS_FIELD_NUMBER: _ClassVar[int]
    AGENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    revision: int
    run: Run
    levels: _containers.RepeatedCompositeFieldContainer[LevelProgress]
    level_count: int
    overall_percent: float
    eta_seconds: float
    notes: _containers.RepeatedScalarFieldContainer[str]
    validation_log: _containers.RepeatedCompositeFieldContainer[ValidationLog]
    agents: _containers.RepeatedCompositeFieldContainer[AgentProgress]
    agent_count: int
    def __init__(self, revision: _Optional[int] = ..., run: _Optional[_Union[Run, _Mapping]] = ..., levels: _Optional[_Iterable[_Union[LevelProgress, _Mapping]]] = ..., level_count: _Optional[int] = ..., overall_percent: _Optional[float] = ..., eta_seconds: _Optional[float] = ..., notes: _Optional[_Iterable[str]] = ..., validation_log: _Optional[_Iterable[_Union[ValidationLog, _Mapping]]] = ..., agents: _Optional[_Iterable[_Union[AgentProgress, _Mapping]]] = ..., agent_count: _Optional[int] = ...) -> None: ...

class AgentProgress(_message.Message):
    __slots__ = ("agent_id", "state", "started", "ended", "in_flight", "unacknowledged_batches", "verdict")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    IN_FLIGHT_FIELD_NUMBER: _ClassVar[int]
    UNACKNOWLEDGED_BATCHES_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    state: str
    started: int
    ended: int
    in_flight: int
    unacknowledged_batches: int
    verdict: str
    def __init__(self, agent_id: _Optional[str] = ..., state: _Optional[str] = ..., started: _Optional[int] = ..., ended: _Optional[int] = ..., in_flight: _Optional[int] = ..., unacknowledged_batches: _Optional[int] = ..., verdict: _Optional[str] = ...) -> None: ...

class ValidationLog(_message.Message):
    __slots__ = ("step", "message", "status", "timestamp")
    STEP_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    step: str
    message: str
    status: str
    timestamp: _timestamp_pb2.Timestamp
    def __init__(self, step: _Optional[str] = ..., message: _Optional[str] = ..., status: _Optional[str] = ..., timestamp: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class LevelProgress(_message.Message):
    __slots__ = ("index", "concurrency", "requested_rate", "current", "total", "percent", "completed", "success_count", "error_count", "errors", "in_flight", "request_rate", "token_rate", "output_tokens", "input_tokens", "ttft", "itl", "e2e", "good_count", "finished", "verdict", "elapsed_seconds", "latest_request")
    class ErrorsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    INDEX_FIELD_NUMBER: _ClassVar[int]
    CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    REQUESTED_RATE_FIELD_NUMBER: _ClassVar[int]
    CURRENT_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    PERCENT_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_COUNT_FIELD_NUMBER: _ClassVar[int]
    ERROR_COUNT_FIELD_NUMBER: _ClassVar[int]
    ERRORS_FIELD_NUMBER: _ClassVar[int]
    IN_FLIGHT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_RATE_FIELD_NUMBER: _ClassVar[int]
    TOKEN_RATE_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    INPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    TTFT_FIELD_NUMBER: _ClassVar[int]
    ITL_FIELD_NUMBER: _ClassVar[int]
    E2E_FIELD_NUMBER: _ClassVar[int]
    GOOD_COUNT_FIELD_NUMBER: _ClassVar[int]
    FINISHED_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    ELAPSED_SECONDS_FIELD_NUMBER: _ClassVar[int]
    LATEST_REQUEST_FIELD_NUMBER: _ClassVar[int]
    index: int
    concurrency: int
    requested_rate: float
    current: float
    total: float
    percent: float
    completed: int
    success_count: int
    error_count: int
    errors: _containers.ScalarMap[str, int]
    in_flight: int
    request_rate: float
    token_rate: float
    output_tokens: int
    input_tokens: int
    ttft: LiveLatency
    itl: LiveLatency
    e2e: LiveLatency
    good_count: int
    finished: bool
    verdict: str
    elapsed_seconds: float
    latest_request: RequestLog
    def __init__(self, index: _Optional[int] = ..., concurrency: _Optional[int] = ..., requested_rate: _Optional[float] = ..., current: _Optional[float] = ..., total: _Optional[float] = ..., percent: _Optional[float] = ..., completed: _Optional[int] = ..., success_count: _Optional[int] = ..., error_count: _Optional[int] = ..., errors: _Optional[_Mapping[str, int]] = ..., in_flight: _Optional[int] = ..., request_rate: _Optional[float] = ..., token_rate: _Optional[float] = ..., output_tokens: _Optional[int] = ..., input_tokens: _Optional[int] = ..., ttft: _Optional[_Union[LiveLatency, _Mapping]] = ..., itl: _Optional[_Union[LiveLatency, _Mapping]] = ..., e2e: _Optional[_Union[LiveLatency, _Mapping]] = ..., good_count: _Optional[int] = ..., finished: _Optional[bool] = ..., verdict: _Optional[str] = ..., elapsed_seconds: _Optional[float] = ..., latest_request: _Optional[_Union[RequestLog, _Mapping]] = ...) -> None: ...

class RequestLog(_message.Message):
    __slots__ = ("trace_id", "success", "ttft_ms", "e2e_ms", "output_tokens", "error_type", "timestamp")
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    TTFT_MS_FIELD_NUMBER: _ClassVar[int]
    E2E_MS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    ERROR_TYPE_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    trace_id: str
    success: bool
    ttft_ms: float
    e2e_ms: float
    output_tokens: int
    error_type: str
    timestamp: _timestamp_pb2.Timestamp
    def __init__(self, trace_id: _Optional[str] = ..., success: _Optional[bool] = ..., ttft_ms: _Optional[float] = ..., e2e_ms: _Optional[float] = ..., output_tokens: _Optional[int] = ..., error_type: _Optional[str] = ..., timestamp: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class LiveLatency(_message.Message):
    __slots__ = ("mean", "p50", "p95", "p99", "count")
    MEAN_FIELD_NUMBER: _ClassVar[int]
    P50_FIELD_NUMBER: _ClassVar[int]
    P95_FIELD_NUMBER: _ClassVar[int]
    P99_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    mean: float
    p50: float
    p95: float
    p99: float
    count: int
    def __init__(self, mean: _Optional[float] = ..., p50: _Optional[float] = ..., p95: _Optional[float] = ..., p99: _Optional[float] = ..., count: _Optional[int] = ...) -> None: ...

class GetRunResultRequest(_message.Message):
    __slots__ = ("run_id", "partial")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    PARTIAL_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    partial: bool
    def __init__(self, run_id: _Optional[str] = ..., partial: _Optional[bool] = ...) -> None: ...

class GetRunResultResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: _result_pb2.RunResult
    def __init__(self, result: _Optional[_Union[_result_pb2.RunResult, _Mapping]] = ...) -> None: ...

class GetRunTimelineRequest(_message.Message):
    __slots__ = ("run_id", "level", "offset_seconds", "limit")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    OFFSET_SECONDS_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    level: int
    offset_seconds: int
    limit: int
    def __init__(self, run_id: _Optional[str] = ..., level: _Optional[int] = ..., offset_seconds: _Optional[int] = ..., limit: _Optional[int] = ...) -> None: ...

class GetRunTimelineResponse(_message.Message):
    __slots__ = ("run_id", "points", "next_offset_seconds")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_OFFSET_SECONDS_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    points: _containers.RepeatedCompositeFieldContainer[TimelinePoint]
    next_offset_seconds: int
    def __init__(self, run_id: _Optional[str] = ..., points: _Optional[_Iterable[_Union[TimelinePoint, _Mapping]]] = ..., next_offset_seconds: _Optional[int] = ...) -> None: ...

class TimelinePoint(_message.Message):
    __slots__ = ("level", "second", "started_at", "sent_count", "success_count", "error_count", "in_flight", "output_tokens", "ttft", "e2e", "due_count")
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    SECOND_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    SENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_COUNT_FIELD_NUMBER: _ClassVar[int]
    ERROR_COUNT_FIELD_NUMBER: _ClassVar[int]
    IN_FLIGHT_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    TTFT_FIELD_NUMBER: _ClassVar[int]
    E2E_FIELD_NUMBER: _ClassVar[int]
    DUE_COUNT_FIELD_NUMBER: _ClassVar[int]
    level: int
    second: int
    started_at: _timestamp_pb2.Timestamp
    sent_count: int
    success_count: int
    error_count: int
    in_flight: int
    output_tokens: int
    ttft: LiveLatency
    e2e: LiveLatency
    due_count: int
    def __init__(self, level: _Optional[int] = ..., second: _Optional[int] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., sent_count: _Optional[int] = ..., success_count: _Optional[int] = ..., error_count: _Optional[int] = ..., in_flight: _Optional[int] = ..., output_tokens: _Optional[int] = ..., ttft: _Optional[_Union[LiveLatency, _Mapping]] = ..., e2e: _Optional[_Union[LiveLatency, _Mapping]] = ..., due_count: _Optional[int] = ...) -> None: ...

class CompareRunsRequest(_message.Message):
    __slots__ = ("run_ids", "gates")
    RUN_IDS_FIELD_NUMBER: _ClassVar[int]
    GATES_FIELD_NUMBER: _ClassVar[int]
    run_ids: _containers.RepeatedScalarFieldContainer[str]
    gates: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, run_ids: _Optional[_Iterable[str]] = ..., gates: _Optional[_Iterable[str]] = ...) -> None: ...

class CompareRunsResponse(_message.Message):
    __slots__ = ("run_count", "best_throughput", "best_ttft", "by_concurrency", "deltas", "gates", "gates_passed", "run_ids", "setting_differences")
    class ByConcurrencyEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: ComparedLevel
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[ComparedLevel, _Mapping]] = ...) -> None: ...
    RUN_COUNT_FIELD_NUMBER: _ClassVar[int]
    BEST_THROUGHPUT_FIELD_NUMBER: _ClassVar[int]
    BEST_TTFT_FIELD_NUMBER: _ClassVar[int]
    BY_CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    DELTAS_FIELD_NUMBER: _ClassVar[int]
    GATES_FIELD_NUMBER: _ClassVar[int]
    GATES_PASSED_FIELD_NUMBER: _ClassVar[int]
    RUN_IDS_FIELD_NUMBER: _ClassVar[int]
    SETTING_DIFFERENCES_FIELD_NUMBER: _ClassVar[int]
    run_count: int
    best_throughput: BestValue
    best_ttft: BestValue
    by_concurrency: _containers.MessageMap[str, ComparedLevel]
    deltas: _containers.RepeatedCompositeFieldContainer[MetricDelta]
    gates: _containers.RepeatedCompositeFieldContainer[GateOutcome]
    gates_passed: bool
    run_ids: _containers.RepeatedScalarFieldContainer[str]
    setting_differences: _containers.RepeatedCompositeFieldContainer[SettingDifference]
    def __init__(self, run_count: _Optional[int] = ..., best_throughput: _Optional[_Union[BestValue, _Mapping]] = ..., best_ttft: _Optional[_Union[BestValue, _Mapping]] = ..., by_concurrency: _Optional[_Mapping[str, ComparedLevel]] = ..., deltas: _Optional[_Iterable[_Union[MetricDelta, _Mapping]]] = ..., gates: _Optional[_Iterable[_Union[GateOutcome, _Mapping]]] = ..., gates_passed: _Optional[bool] = ..., run_ids: _Optional[_Iterable[str]] = ..., setting_differences: _Optional[_Iterable[_Union[SettingDifference, _Mapping]]] = ...) -> None: ...

class SettingDifference(_message.Message):
    __slots__ = ("run_id", "setting", "base_value", "value")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    SETTING_FIELD_NUMBER: _ClassVar[int]
    BASE_VALUE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    setting: str
    base_value: str
    value: str
    def __init__(self, run_id: _Optional[str] = ..., setting: _Optional[str] = ..., base_value: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class MetricDelta(_message.Message):
    __slots__ = ("run_id", "level", "metric", "unit", "base_value", "value", "change", "change_low", "change_high", "change_percent", "verdict", "unknown_reason")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    BASE_VALUE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    CHANGE_LOW_FIELD_NUMBER: _ClassVar[int]
    CHANGE_HIGH_FIELD_NUMBER: _ClassVar[int]
    CHANGE_PERCENT_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_REASON_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    level: str
    metric: str
    unit: str
    base_value: float
    value: float
    change: float
    change_low: float
    change_high: float
    change_percent: float
    verdict: str
    unknown_reason: str
    def __init__(self, run_id: _Optional[str] = ..., level: _Optional[str] = ..., metric: _Optional[str] = ..., unit: _Optional[str] = ..., base_value: _Optional[float] = ..., value: _Optional[float] = ..., change: _Optional[float] = ..., change_low: _Optional[float] = ..., change_high: _Optional[float] = ..., change_percent: _Optional[float] = ..., verdict: _Optional[str] = ..., unknown_reason: _Optional[str] = ...) -> None: ...

class GateOutcome(_message.Message):
    __slots__ = ("gate", "run_id", "level", "passed", "base_value", "value", "limit", "change", "change_percent", "sentence")
    GATE_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    PASSED_FIELD_NUMBER: _ClassVar[int]
    BASE_VALUE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    CHANGE_PERCENT_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    gate: str
    run_id: str
    level: str
    passed: bool
    base_value: float
    value: float
    limit: float
    change: float
    change_percent: float
    sentence: str
    def __init__(self, gate: _Optional[str] = ..., run_id: _Optional[str] = ..., level: _Optional[str] = ..., passed: _Optional[bool] = ..., base_value: _Optional[float] = ..., value: _Optional[float] = ..., limit: _Optional[float] = ..., change: _Optional[float] = ..., change_percent: _Optional[float] = ..., sentence: _Optional[str] = ...) -> None: ...

class BestValue(_message.Message):
    __slots__ = ("run_id", "value", "concurrency", "rate")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    value: float
    concurrency: int
    rate: float
    def __init__(self, run_id: _Optional[str] = ..., value: _Optional[float] = ..., concurrency: _Optional[int] = ..., rate: _Optional[float] = ...) -> None: ...

class ComparedLevel(_message.Message):
    __slots__ = ("runs",)
    RUNS_FIELD_NUMBER: _ClassVar[int]
    runs: _containers.RepeatedCompositeFieldContainer[ComparedFigures]
    def __init__(self, runs: _Optional[_Iterable[_Union[ComparedFigures, _Mapping]]] = ...) -> None: ...

class ComparedFigures(_message.Message):
    __slots__ = ("run_id", "throughput_tokens_per_sec", "request_rate_per_sec", "ttft_p50", "ttft_p99", "tpot_p50", "e2e_p50", "e2e_p99", "error_rate_percent", "goodput_percent", "throughput_change_percent", "ttft_p50_change_percent", "verdict")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    THROUGHPUT_TOKENS_PER_SEC_FIELD_NUMBER: _ClassVar[int]
    REQUEST_RATE_PER_SEC_FIELD_NUMBER: _ClassVar[int]
    TTFT_P50_FIELD_NUMBER: _ClassVar[int]
    TTFT_P99_FIELD_NUMBER: _ClassVar[int]
    TPOT_P50_FIELD_NUMBER: _ClassVar[int]
    E2E_P50_FIELD_NUMBER: _ClassVar[int]
    E2E_P99_FIELD_NUMBER: _ClassVar[int]
    ERROR_RATE_PERCENT_FIELD_NUMBER: _ClassVar[int]
    GOODPUT_PERCENT_FIELD_NUMBER: _ClassVar[int]
    THROUGHPUT_CHANGE_PERCENT_FIELD_NUMBER: _ClassVar[int]
    TTFT_P50_CHANGE_PERCENT_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    throughput_tokens_per_sec: float
    request_rate_per_sec: float
    ttft_p50: float
    ttft_p99: float
    tpot_p50: float
    e2e_p50: float
    e2e_p99: float
    error_rate_percent: float
    goodput_percent: float
    throughput_change_percent: float
    ttft_p50_change_percent: float
    verdict: str
    def __init__(self, run_id: _Optional[str] = ..., throughput_tokens_per_sec: _Optional[float] = ..., request_rate_per_sec: _Optional[float] = ..., ttft_p50: _Optional[float] = ..., ttft_p99: _Optional[float] = ..., tpot_p50: _Optional[float] = ..., e2e_p50: _Optional[float] = ..., e2e_p99: _Optional[float] = ..., error_rate_percent: _Optional[float] = ..., goodput_percent: _Optional[float] = ..., throughput_change_percent: _Optional[float] = ..., ttft_p50_change_percent: _Optional[float] = ..., verdict: _Optional[str] = ...) -> None: ...

class ExportRunResultRequest(_message.Message):
    __slots__ = ("run_id", "format", "partial", "further_run_ids", "gates")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    PARTIAL_FIELD_NUMBER: _ClassVar[int]
    FURTHER_RUN_IDS_FIELD_NUMBER: _ClassVar[int]
    GATES_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    format: str
    partial: bool
    further_run_ids: _containers.RepeatedScalarFieldContainer[str]
    gates: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, run_id: _Optional[str] = ..., format: _Optional[str] = ..., partial: _Optional[bool] = ..., further_run_ids: _Optional[_Iterable[str]] = ..., gates: _Optional[_Iterable[str]] = ...) -> None: ...

class ExportRunResultResponse(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...

class DownloadRunResultRequest(_message.Message):
    __slots__ = ("run_id", "format", "partial", "further_run_ids", "gates")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    PARTIAL_FIELD_NUMBER: _ClassVar[int]
    FURTHER_RUN_IDS_FIELD_NUMBER: _ClassVar[int]
    GATES_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    format: str
    partial: bool
    further_run_ids: _containers.RepeatedScalarFieldContainer[str]
    gates: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, run_id: _Optional[str] = ..., format: _Optional[str] = ..., partial: _Optional[bool] = ..., further_run_ids: _Optional[_Iterable[str]] = ..., gates: _Optional[_Iterable[str]] = ...) -> None: ...

class UploadAssetRequest(_message.Message):
    __slots__ = ("kind", "filename", "data")
    KIND_FIELD_NUMBER: _ClassVar[int]
    FILENAME_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    kind: AssetKind
    filename: str
    data: bytes
    def __init__(self, kind: _Optional[_Union[AssetKind, str]] = ..., filename: _Optional[str] = ..., data: _Optional[bytes] = ...) -> None: ...

class UploadAssetResponse(_message.Message):
    __slots__ = ("sha256", "size_bytes", "row_count")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    ROW_COUNT_FIELD_NUMBER: _ClassVar[int]
    sha256: str
    size_bytes: int
    row_count: int
    def __init__(self, sha256: _Optional[str] = ..., size_bytes: _Optional[int] = ..., row_count: _Optional[int] = ...) -> None: ...
