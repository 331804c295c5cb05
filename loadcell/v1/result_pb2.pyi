import datetime

from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from loadcell.v1 import capacity_pb2 as _capacity_pb2
from loadcell.v1 import options_pb2 as _options_pb2
from loadcell.v1 import target_pb2 as _target_pb2
from loadcell.v1 import validation_pb2 as _validation_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RunResult(_message.Message):
    __slots__ = ("run_id", "status", "error", "server_url", "model", "adapter", "started_at", "completed_at", "duration_seconds", "config", "results", "summary", "agents", "verdict", "timestamp_source", "notes", "loadcell_version", "percentiles", "percentile_relative_error", "validation")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    SERVER_URL_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ADAPTER_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_AT_FIELD_NUMBER: _ClassVar[int]
    DURATION_SECONDS_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    AGENTS_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_SOURCE_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    LOADCELL_VERSION_FIELD_NUMBER: _ClassVar[int]
    PERCENTILES_FIELD_NUMBER: _ClassVar[int]
    PERCENTILE_RELATIVE_ERROR_FIELD_NUMBER: _ClassVar[int]
    VALIDATION_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    status: str
    error: str
    server_url: str
    model: str
    adapter: str
    started_at: _timestamp_pb2.Timestamp
    completed_at: _timestamp_pb2.Timestamp
    duration_seconds: float
    config: RunConfig
    results: _containers.RepeatedCompositeFieldContainer[LevelResult]
    summary: RunSummary
    agents: _containers.RepeatedCompositeFieldContainer[AgentResult]
    verdict: Verdict
    timestamp_source: str
    notes: _containers.RepeatedScalarFieldContainer[str]
    loadcell_version: str
    percentiles: str
    percentile_relative_error: float
    validation: _validation_pb2.Validation
    def __init__(self, run_id: _Optional[str] = ..., status: _Optional[str] = ..., error: _Optional[str] = ..., server_url: _Optional[str] = ..., model: _Optional[str] = ..., adapter: _Optional[str] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., completed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., duration_seconds: _Optional[float] = ..., config: _Optional[_Union[RunConfig, _Mapping]] = ..., results: _Optional[_Iterable[_Union[LevelResult, _Mapping]]] = ..., summary: _Optional[_Union[RunSummary, _Mapping]] = ..., agents: _Optional[_Iterable[_Union[AgentResult, _Mapping]]] = ..., verdict: _Optional[_Union[Verdict, _Mapping]] = ..., timestamp_source: _Optional[str] = ..., notes: _Optional[_Iterable[str]] = ..., loadcell_version: _Optional[str] = ..., percentiles: _Optional[str] = ..., percentile_relative_error: _Optional[float] = ..., validation: _Optional[_Union[_validation_pb2.Validation, _Mapping]] = ...) -> None: ...

class RunConfig(_message.Message):
    __slots__ = ("server_url", "model", "adapter", "concurrency", "rate", "arrival", "max_concurrency", "num_prompts", "duration_seconds", "input_len", "output_len", "stream", "warmup", "timeout", "goodput_thresholds", "seed", "labels", "header_names", "tokenizer_asset", "dataset_asset", "agent_count", "worker_count", "timeline", "framework", "framework_config", "tls_verify", "agent_labels", "force", "project_id", "provider", "environment", "service_name", "user_id", "session_id", "tags", "record_texts", "trace_sample_rate", "sketch_only", "allowed_targets", "redact_texts", "requests_per_slot", "recommendation", "validation_config")
    class LabelsEntry(_message.Message):
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
    CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    ARRIVAL_FIELD_NUMBER: _ClassVar[int]
    MAX_CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    NUM_PROMPTS_FIELD_NUMBER: _ClassVar[int]
    DURATION_SECONDS_FIELD_NUMBER: _ClassVar[int]
    INPUT_LEN_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_LEN_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    WARMUP_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    GOODPUT_THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    HEADER_NAMES_FIELD_NUMBER: _ClassVar[int]
    TOKENIZER_ASSET_FIELD_NUMBER: _ClassVar[int]
    DATASET_ASSET_FIELD_NUMBER: _ClassVar[int]
    AGENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    WORKER_COUNT_FIELD_NUMBER: _ClassVar[int]
    TIMELINE_FIELD_NUMBER: _ClassVar[int]
    FRAMEWORK_FIELD_NUMBER: _ClassVar[int]
    FRAMEWORK_CONFIG_FIELD_NUMBER: _ClassVar[int]
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
    ALLOWED_TARGETS_FIELD_NUMBER: _ClassVar[int]
    REDACT_TEXTS_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_PER_SLOT_FIELD_NUMBER: _ClassVar[int]
    RECOMMENDATION_FIELD_NUMBER: _ClassVar[int]
    VALIDATION_CONFIG_FIELD_NUMBER: _ClassVar[int]
    server_url: str
    model: str
    adapter: str
    concurrency: _containers.RepeatedScalarFieldContainer[int]
    rate: _containers.RepeatedScalarFieldContainer[float]
    arrival: _target_pb2.Arrival
    max_concurrency: int
    num_prompts: int
    duration_seconds: float
    input_len: int
    output_len: int
    stream: bool
    warmup: int
    timeout: float
    goodput_thresholds: _target_pb2.GoodputThresholds
    seed: int
    labels: _containers.ScalarMap[str, str]
    header_names: _containers.RepeatedScalarFieldContainer[str]
    tokenizer_asset: str
    dataset_asset: str
    agent_count: int
    worker_count: int
    timeline: bool
    framework: str
    framework_config: _struct_pb2.Struct
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
    allowed_targets: str
    redact_texts: bool
    requests_per_slot: int
    recommendation: _capacity_pb2.CapacityQuestion
    validation_config: _validation_pb2.ValidationConfig
    def __init__(self, server_url: _Optional[str] = ..., model: _Optional[str] = ..., adapter: _Optional[str] = ..., concurrency: _Optional[_Iterable[int]] = ..., rate: _Optional[_Iterable[float]] = ..., arrival: _Optional[_Union[_target_pb2.Arrival, str]] = ..., max_concurrency: _Optional[int] = ..., num_prompts: _Optional[int] = ..., duration_seconds: _Optional[float] = ..., input_len: _Optional[int] = ..., output_len: _Optional[int] = ..., stream: _Optional[bool] = ..., warmup: _Optional[int] = ..., timeout: _Optional[float] = ..., goodput_thresholds: _Optional[_Union[_target_pb2.GoodputThresholds, _Mapping]] = ..., seed: _Optional[int] = ..., labels: _Optional[_Mapping[str, str]] = ..., header_names: _Optional[_Iterable[str]] = ..., tokenizer_asset: _Optional[str] = ..., dataset_asset: _Optional[str] = ..., agent_count: _Optional[int] = ..., worker_count: _Optional[int] = ..., timeline: _Optional[bool] = ..., framework: _Optional[str] = ..., framework_config: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., tls_verify: _Optional[bool] = ..., agent_labels: _Optional[_Mapping[str, str]] = ..., force: _Optional[bool] = ..., project_id: _Optional[str] = ..., provider: _Optional[str] = ..., environment: _Optional[str] = ..., service_name: _Optional[str] = ..., user_id: _Optional[str] = ..., session_id: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., record_texts: _Optional[bool] = ..., trace_sample_rate: _Optional[float] = ..., sketch_only: _Optional[bool] = ..., allowed_targets: _Optional[str] = ..., redact_texts: _Optional[bool] = ..., requests_per_slot: _Optional[int] = ..., recommendation: _Optional[_Union[_capacity_pb2.CapacityQuestion, _Mapping]] = ..., validation_config: _Optional[_Union[_validation_pb2.ValidationConfig, _Mapping]] = ...) -> None: ...

class LatencyStats(_message.Message):
    __slots__ = ("min", "max", "mean", "median", "p50", "p90", "p95", "p99", "p999", "std", "count", "p50_ci", "p95_ci", "p99_ci", "p99_bound", "p999_bound", "with_errors", "approximate")
    MIN_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    MEDIAN_FIELD_NUMBER: _ClassVar[int]
    P50_FIELD_NUMBER: _ClassVar[int]
    P90_FIELD_NUMBER: _ClassVar[int]
    P95_FIELD_NUMBER: _ClassVar[int]
    P99_FIELD_NUMBER: _ClassVar[int]
    P999_FIELD_NUMBER: _ClassVar[int]
    STD_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    P50_CI_FIELD_NUMBER: _ClassVar[int]
    P95_CI_FIELD_NUMBER: _ClassVar[int]
    P99_CI_FIELD_NUMBER: _ClassVar[int]
    P99_BOUND_FIELD_NUMBER: _ClassVar[int]
    P999_BOUND_FIELD_NUMBER: _ClassVar[int]
    WITH_ERRORS_FIELD_NUMBER: _ClassVar[int]
    APPROXIMATE_FIELD_NUMBER: _ClassVar[int]
    min: float
    max: float
    mean: float
    median: float
    p50: float
    p90: float
    p95: float
    p99: float
    p999: float
    std: float
    count: int
    p50_ci: Interval
    p95_ci: Interval
    p99_ci: Interval
    p99_bound: QuantileBound
    p999_bound: QuantileBound
    with_errors: ErrorInclusiveStats
    approximate: bool
    def __init__(self, min: _Optional[float] = ..., max: _Optional[float] = ..., mean: _Optional[float] = ..., median: _Optional[float] = ..., p50: _Optional[float] = ..., p90: _Optional[float] = ..., p95: _Optional[float] = ..., p99: _Optional[float] = ..., p999: _Optional[float] = ..., std: _Optional[float] = ..., count: _Optional[int] = ..., p50_ci: _Optional[_Union[Interval, _Mapping]] = ..., p95_ci: _Optional[_Union[Interval, _Mapping]] = ..., p99_ci: _Optional[_Union[Interval, _Mapping]] = ..., p99_bound: _Optional[_Union[QuantileBound, _Mapping]] = ..., p999_bound: _Optional[_Union[QuantileBound, _Mapping]] = ..., with_errors: _Optional[_Union[ErrorInclusiveStats, _Mapping]] = ..., approximate: _Optional[bool] = ...) -> None: ...

class Interval(_message.Message):
    __slots__ = ("low", "high")
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    low: float
    high: float
    def __init__(self, low: _Optional[float] = ..., high: _Optional[float] = ...) -> None: ...

class QuantileBound(_message.Message):
    __slots__ = ("at_most", "confidence")
    AT_MOST_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    at_most: float
    confidence: float
    def __init__(self, at_most: _Optional[float] = ..., confidence: _Optional[float] = ...) -> None: ...

class ErrorInclusiveStats(_message.Message):
    __slots__ = ("p50", "p90", "p95", "p99", "p999", "count", "finite_share")
    P50_FIELD_NUMBER: _ClassVar[int]
    P90_FIELD_NUMBER: _ClassVar[int]
    P95_FIELD_NUMBER: _ClassVar[int]
    P99_FIELD_NUMBER: _ClassVar[int]
    P999_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    FINITE_SHARE_FIELD_NUMBER: _ClassVar[int]
    p50: float
    p90: float
    p95: float
    p99: float
    p999: float
    count: int
    finite_share: float
    def __init__(self, p50: _Optional[float] = ..., p90: _Optional[float] = ..., p95: _Optional[float] = ..., p99: _Optional[float] = ..., p999: _Optional[float] = ..., count: _Optional[int] = ..., finite_share: _Optional[float] = ...) -> None: ...

class LevelResult(_message.Message):
    __slots__ = ("index", "concurrency", "requested_rate", "achieved_rate", "ttft", "ttfot", "tpot", "itl", "icl", "e2e_latency", "response_time", "schedule_delay", "client_delay", "connect", "throughput_tokens_per_sec", "input_throughput_tokens_per_sec", "total_throughput_tokens_per_sec", "per_user_tokens_per_sec", "request_rate_per_sec", "total_requests", "successful_requests", "failed_requests", "cancelled_requests", "censored_requests", "planned_requests", "error_rate_percent", "errors", "error_messages", "total_input_tokens", "total_output_tokens", "requested_output_tokens", "duration_seconds", "window", "goodput", "verdict", "connection_reuse_ratio", "tokens_per_event", "coalesced_share", "stalled_requests", "longest_stall_ms", "token_source", "cache_hit_share", "finish_reasons", "start_offset_seconds", "unexecuted_requests", "throughput_tokens_per_sec_ci", "request_rate_per_sec_ci")
    class ErrorsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class ErrorMessagesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class FinishReasonsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    INDEX_FIELD_NUMBER: _ClassVar[int]
    CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    REQUESTED_RATE_FIELD_NUMBER: _ClassVar[int]
    ACHIEVED_RATE_FIELD_NUMBER: _ClassVar[int]
    TTFT_FIELD_NUMBER: _ClassVar[int]
    TTFOT_FIELD_NUMBER: _ClassVar[int]
    TPOT_FIELD_NUMBER: _ClassVar[int]
    ITL_FIELD_NUMBER: _ClassVar[int]
    ICL_FIELD_NUMBER: _ClassVar[int]
    E2E_LATENCY_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_TIME_FIELD_NUMBER: _ClassVar[int]
    SCHEDULE_DELAY_FIELD_NUMBER: _ClassVar[int]
    CLIENT_DELAY_FIELD_NUMBER: _ClassVar[int]
    CONNECT_FIELD_NUMBER: _ClassVar[int]
    THROUGHPUT_TOKENS_PER_SEC_FIELD_NUMBER: _ClassVar[int]
    INPUT_THROUGHPUT_TOKENS_PER_SEC_FIELD_NUMBER: _ClassVar[int]
    TOTAL_THROUGHPUT_TOKENS_PER_SEC_FIELD_NUMBER: _ClassVar[int]
    PER_USER_TOKENS_PER_SEC_FIELD_NUMBER: _ClassVar[int]
    REQUEST_RATE_PER_SEC_FIELD_NUMBER: _ClassVar[int]
    TOTAL_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    SUCCESSFUL_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    FAILED_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    CENSORED_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    PLANNED_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    ERROR_RATE_PERCENT_FIELD_NUMBER: _ClassVar[int]
    ERRORS_FIELD_NUMBER: _ClassVar[int]
    ERROR_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    TOTAL_INPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_OUTPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    REQUESTED_OUTPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    DURATION_SECONDS_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    GOODPUT_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    CONNECTION_REUSE_RATIO_FIELD_NUMBER: _ClassVar[int]
    TOKENS_PER_EVENT_FIELD_NUMBER: _ClassVar[int]
    COALESCED_SHARE_FIELD_NUMBER: _ClassVar[int]
    STALLED_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    LONGEST_STALL_MS_FIELD_NUMBER: _ClassVar[int]
    TOKEN_SOURCE_FIELD_NUMBER: _ClassVar[int]
    CACHE_HIT_SHARE_FIELD_NUMBER: _ClassVar[int]
    FINISH_REASONS_FIELD_NUMBER: _ClassVar[int]
    START_OFFSET_SECONDS_FIELD_NUMBER: _ClassVar[int]
    UNEXECUTED_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    THROUGHPUT_TOKENS_PER_SEC_CI_FIELD_NUMBER: _ClassVar[int]
    REQUEST_RATE_PER_SEC_CI_FIELD_NUMBER: _ClassVar[int]
    index: int
    concurrency: int
    requested_rate: float
    achieved_rate: float
    ttft: LatencyStats
    ttfot: LatencyStats
    tpot: LatencyStats
    itl: LatencyStats
    icl: LatencyStats
    e2e_latency: LatencyStats
    response_time: LatencyStats
    schedule_delay: LatencyStats
    client_delay: LatencyStats
    connect: LatencyStats
    throughput_tokens_per_sec: float
    input_throughput_tokens_per_sec: float
    total_throughput_tokens_per_sec: float
    per_user_tokens_per_sec: float
    request_rate_per_sec: float
    total_requests: int
    successful_requests: int
    failed_requests: int
    cancelled_requests: int
    censored_requests: int
    planned_requests: int
    error_rate_percent: float
    errors: _containers.ScalarMap[str, int]
    error_messages: _containers.ScalarMap[str, str]
    total_input_tokens: int
    total_output_tokens: int
    requested_output_tokens: int
    duration_seconds: float
    window: MeasuredWindow
    goodput: GoodputResult
    verdict: Verdict
    connection_reuse_ratio: float
    tokens_per_event: float
    coalesced_share: float
    stalled_requests: int
    longest_stall_ms: float
    token_source: str
    cache_hit_share: float
    finish_reasons: _containers.ScalarMap[str, int]
    start_offset_seconds: float
    unexecuted_requests: int
    throughput_tokens_per_sec_ci: Interval
    request_rate_per_sec_ci: Interval
    def __init__(self, index: _Optional[int] = ..., concurrency: _Optional[int] = ..., requested_rate: _Optional[float] = ..., achieved_rate: _Optional[float] = ..., ttft: _Optional[_Union[LatencyStats, _Mapping]] = ..., ttfot: _Optional[_Union[LatencyStats, _Mapping]] = ..., tpot: _Optional[_Union[LatencyStats, _Mapping]] = ..., itl: _Optional[_Union[LatencyStats, _Mapping]] = ..., icl: _Optional[_Union[LatencyStats, _Mapping]] = ..., e2e_latency: _Optional[_Union[LatencyStats, _Mapping]] = ..., response_time: _Optional[_Union[LatencyStats, _Mapping]] = ..., schedule_delay: _Optional[_Union[LatencyStats, _Mapping]] = ..., client_delay: _Optional[_Union[LatencyStats, _Mapping]] = ..., connect: _Optional[_Union[LatencyStats, _Mapping]] = ..., throughput_tokens_per_sec: _Optional[float] = ..., input_throughput_tokens_per_sec: _Optional[float] = ..., total_throughput_tokens_per_sec: _Optional[float] = ..., per_user_tokens_per_sec: _Optional[float] = ..., request_rate_per_sec: _Optional[float] = ..., total_requests: _Optional[int] = ..., successful_requests: _Optional[int] = ..., failed_requests: _Optional[int] = ..., cancelled_requests: _Optional[int] = ..., censored_requests: _Optional[int] = ..., planned_requests: _Optional[int] = ..., error_rate_percent: _Optional[float] = ..., errors: _Optional[_Mapping[str, int]] = ..., error_messages: _Optional[_Mapping[str, str]] = ..., total_input_tokens: _Optional[int] = ..., total_output_tokens: _Optional[int] = ..., requested_output_tokens: _Optional[int] = ..., duration_seconds: _Optional[float] = ..., window: _Optional[_Union[MeasuredWindow, _Mapping]] = ..., goodput: _Optional[_Union[GoodputResult, _Mapping]] = ..., verdict: _Optional[_Union[Verdict, _Mapping]] = ..., connection_reuse_ratio: _Optional[float] = ..., tokens_per_event: _Optional[float] = ..., coalesced_share: _Optional[float] = ..., stalled_requests: _Optional[int] = ..., longest_stall_ms: _Optional[float] = ..., token_source: _Optional[str] = ..., cache_hit_share: _Optional[float] = ..., finish_reasons: _Optional[_Mapping[str, int]] = ..., start_offset_seconds: _Optional[float] = ..., unexecuted_requests: _Optional[int] = ..., throughput_tokens_per_sec_ci: _Optional[_Union[Interval, _Mapping]] = ..., request_rate_per_sec_ci: _Optional[_Union[Interval, _Mapping]] = ...) -> None: ...

class MeasuredWindow(_message.Message):
    __slots__ = ("start_seconds", "end_seconds", "kind")
    START_SECONDS_FIELD_NUMBER: _ClassVar[int]
    END_SECONDS_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    start_seconds: float
    end_seconds: float
    kind: str
    def __init__(self, start_seconds: _Optional[float] = ..., end_seconds: _Optional[float] = ..., kind: _Optional[str] = ...) -> None: ...

class GoodputResult(_message.Message):
    __slots__ = ("thresholds", "satisfied_requests", "total_requests", "goodput_percent", "good_requests_per_sec", "goodput_of_successes", "ttft_satisfied", "tpot_satisfied", "e2e_satisfied")
    THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    SATISFIED_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    GOODPUT_PERCENT_FIELD_NUMBER: _ClassVar[int]
    GOOD_REQUESTS_PER_SEC_FIELD_NUMBER: _ClassVar[int]
    GOODPUT_OF_SUCCESSES_FIELD_NUMBER: _ClassVar[int]
    TTFT_SATISFIED_FIELD_NUMBER: _ClassVar[int]
    TPOT_SATISFIED_FIELD_NUMBER: _ClassVar[int]
    E2E_SATISFIED_FIELD_NUMBER: _ClassVar[int]
    thresholds: _target_pb2.GoodputThresholds
    satisfied_requests: int
    total_requests: int
    goodput_percent: float
    good_requests_per_sec: float
    goodput_of_successes: float
    ttft_satisfied: int
    tpot_satisfied: int
    e2e_satisfied: int
    def __init__(self, thresholds: _Optional[_Union[_target_pb2.GoodputThresholds, _Mapping]] = ..., satisfied_requests: _Optional[int] = ..., total_requests: _Optional[int] = ..., goodput_percent: _Optional[float] = ..., good_requests_per_sec: _Optional[float] = ..., goodput_of_successes: _Optional[float] = ..., ttft_satisfied: _Optional[int] = ..., tpot_satisfied: _Optional[int] = ..., e2e_satisfied: _Optional[int] = ...) -> None: ...

class RunSummary(_message.Message):
    __slots__ = ("best_throughput", "best_ttft_p50", "best_concurrency", "best_rate", "total_requests", "overall_error_rate", "avg_goodput_percent")
    BEST_THROUGHPUT_FIELD_NUMBER: _ClassVar[int]
    BEST_TTFT_P50_FIELD_NUMBER: _ClassVar[int]
    BEST_CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    BEST_RATE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    OVERALL_ERROR_RATE_FIELD_NUMBER: _ClassVar[int]
    AVG_GOODPUT_PERCENT_FIELD_NUMBER: _ClassVar[int]
    best_throughput: float
    best_ttft_p50: float
    best_concurrency: int
    best_rate: float
    total_requests: int
    overall_error_rate: float
    avg_goodput_percent: float
    def __init__(self, best_throughput: _Optional[float] = ..., best_ttft_p50: _Optional[float] = ..., best_concurrency: _Optional[int] = ..., best_rate: _Optional[float] = ..., total_requests: _Optional[int] = ..., overall_error_rate: _Optional[float] = ..., avg_goodput_percent: _Optional[float] = ...) -> None: ...

class Verdict(_message.Message):
    __slots__ = ("status", "reasons")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    status: str
    reasons: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, status: _Optional[str] = ..., reasons: _Optional[_Iterable[str]] = ...) -> None: ...

class AgentResult(_message.Message):
    __slots__ = ("agent_id", "hostname", "worker_count", "total_requests", "successful_requests", "ttft_p50", "ttft_p99", "timestamp_source", "clock_offset_micros", "clock_uncertainty_micros", "verdict", "host", "health")
    class HostEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    WORKER_COUNT_FIELD_NUMBER: _ClassVar[int]
    TOTAL_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    SUCCESSFUL_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    TTFT_P50_FIELD_NUMBER: _ClassVar[int]
    TTFT_P99_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_SOURCE_FIELD_NUMBER: _ClassVar[int]
    CLOCK_OFFSET_MICROS_FIELD_NUMBER: _ClassVar[int]
    CLOCK_UNCERTAINTY_MICROS_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    HOST_FIELD_NUMBER: _ClassVar[int]
    HEALTH_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    hostname: str
    worker_count: int
    total_requests: int
    successful_requests: int
    ttft_p50: float
    ttft_p99: float
    timestamp_source: str
    clock_offset_micros: float
    clock_uncertainty_micros: float
    verdict: Verdict
    host: _containers.ScalarMap[str, str]
    health: WorkerHealth
    def __init__(self, agent_id: _Optional[str] = ..., hostname: _Optional[str] = ..., worker_count: _Optional[int] = ..., total_requests: _Optional[int] = ..., successful_requests: _Optional[int] = ..., ttft_p50: _Optional[float] = ..., ttft_p99: _Optional[float] = ..., timestamp_source: _Optional[str] = ..., clock_offset_micros: _Optional[float] = ..., clock_uncertainty_micros: _Optional[float] = ..., verdict: _Optional[_Union[Verdict, _Mapping]] = ..., host: _Optional[_Mapping[str, str]] = ..., health: _Optional[_Union[WorkerHealth, _Mapping]] = ...) -> None: ...

class WorkerHealth(_message.Message):
    __slots__ = ("cpu_share", "loop_lag_max_ms", "client_delay_p99_ms", "coalesced_share", "late_arrivals", "retransmits", "open_files", "open_files_limit", "clock_steps", "reads", "cpu_micros", "uplink_full_seconds", "fenced_seconds")
    CPU_SHARE_FIELD_NUMBER: _ClassVar[int]
    LOOP_LAG_MAX_MS_FIELD_NUMBER: _ClassVar[int]
    CLIENT_DELAY_P99_MS_FIELD_NUMBER: _ClassVar[int]
    COALESCED_SHARE_FIELD_NUMBER: _ClassVar[int]
    LATE_ARRIVALS_FIELD_NUMBER: _ClassVar[int]
    RETRANSMITS_FIELD_NUMBER: _ClassVar[int]
    OPEN_FILES_FIELD_NUMBER: _ClassVar[int]
    OPEN_FILES_LIMIT_FIELD_NUMBER: _ClassVar[int]
    CLOCK_STEPS_FIELD_NUMBER: _ClassVar[int]
    READS_FIELD_NUMBER: _ClassVar[int]
    CPU_MICROS_FIELD_NUMBER: _ClassVar[int]
    UPLINK_FULL_SECONDS_FIELD_NUMBER: _ClassVar[int]
    FENCED_SECONDS_FIELD_NUMBER: _ClassVar[int]
    cpu_share: float
    loop_lag_max_ms: float
    client_delay_p99_ms: float
    coalesced_share: float
    late_arrivals: int
    retransmits: int
    open_files: int
    open_files_limit: int
    clock_steps: int
    reads: int
    cpu_micros: int
    uplink_full_seconds: float
    fenced_seconds: float
    def __init__(self, cpu_share: _Optional[float] = ..., loop_lag_max_ms: _Optional[float] = ..., client_delay_p99_ms: _Optional[float] = ..., coalesced_share: _Optional[float] = ..., late_arrivals: _Optional[int] = ..., retransmits: _Optional[int] = ..., open_files: _Optional[int] = ..., open_files_limit: _Optional[int] = ..., clock_steps: _Optional[int] = ..., reads: _Optional[int] = ..., cpu_micros: _Optional[int] = ..., uplink_full_seconds: _Optional[float] = ..., fenced_seconds: _Optional[float] = ...) -> None: ...
