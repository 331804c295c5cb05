import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from loadcell.v1 import capacity_pb2 as _capacity_pb2
from loadcell.v1 import options_pb2 as _options_pb2
from loadcell.v1 import result_pb2 as _result_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CreateRecommendationRequest(_message.Message):
    __slots__ = ("request_id", "server_url", "model", "adapter", "workload", "headroom_percent", "test_config", "current_infra", "stream", "warmup", "timeout", "api_key", "headers", "tls_verify", "tokenizer_asset", "seed", "labels", "agent_count", "agent_labels", "worker_count", "force", "acknowledge_load", "project_id", "validate_only")
    class HeadersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
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
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SERVER_URL_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ADAPTER_FIELD_NUMBER: _ClassVar[int]
    WORKLOAD_FIELD_NUMBER: _ClassVar[int]
    HEADROOM_PERCENT_FIELD_NUMBER: _ClassVar[int]
    TEST_CONFIG_FIELD_NUMBER: _ClassVar[int]
    CURRENT_INFRA_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    WARMUP_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    API_KEY_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    TLS_VERIFY_FIELD_NUMBER: _ClassVar[int]
    TOKENIZER_ASSET_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    AGENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    AGENT_LABELS_FIELD_NUMBER: _ClassVar[int]
    WORKER_COUNT_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGE_LOAD_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    server_url: str
    model: str
    adapter: str
    workload: _capacity_pb2.ExpectedWorkload
    headroom_percent: float
    test_config: CapacityTest
    current_infra: _capacity_pb2.KnownInfra
    stream: bool
    warmup: int
    timeout: float
    api_key: str
    headers: _containers.ScalarMap[str, str]
    tls_verify: bool
    tokenizer_asset: str
    seed: int
    labels: _containers.ScalarMap[str, str]
    agent_count: int
    agent_labels: _containers.ScalarMap[str, str]
    worker_count: int
    force: bool
    acknowledge_load: bool
    project_id: str
    validate_only: bool
    def __init__(self, request_id: _Optional[str] = ..., server_url: _Optional[str] = ..., model: _Optional[str] = ..., adapter: _Optional[str] = ..., workload: _Optional[_Union[_capacity_pb2.ExpectedWorkload, _Mapping]] = ..., headroom_percent: _Optional[float] = ..., test_config: _Optional[_Union[CapacityTest, _Mapping]] = ..., current_infra: _Optional[_Union[_capacity_pb2.KnownInfra, _Mapping]] = ..., stream: _Optional[bool] = ..., warmup: _Optional[int] = ..., timeout: _Optional[float] = ..., api_key: _Optional[str] = ..., headers: _Optional[_Mapping[str, str]] = ..., tls_verify: _Optional[bool] = ..., tokenizer_asset: _Optional[str] = ..., seed: _Optional[int] = ..., labels: _Optional[_Mapping[str, str]] = ..., agent_count: _Optional[int] = ..., agent_labels: _Optional[_Mapping[str, str]] = ..., worker_count: _Optional[int] = ..., force: _Optional[bool] = ..., acknowledge_load: _Optional[bool] = ..., project_id: _Optional[str] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class CapacityTest(_message.Message):
    __slots__ = ("concurrency_steps", "num_requests_per_step", "requests_per_slot")
    CONCURRENCY_STEPS_FIELD_NUMBER: _ClassVar[int]
    NUM_REQUESTS_PER_STEP_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_PER_SLOT_FIELD_NUMBER: _ClassVar[int]
    concurrency_steps: _containers.RepeatedScalarFieldContainer[int]
    num_requests_per_step: int
    requests_per_slot: int
    def __init__(self, concurrency_steps: _Optional[_Iterable[int]] = ..., num_requests_per_step: _Optional[int] = ..., requests_per_slot: _Optional[int] = ...) -> None: ...

class CreateRecommendationResponse(_message.Message):
    __slots__ = ("run_id", "status")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    status: str
    def __init__(self, run_id: _Optional[str] = ..., status: _Optional[str] = ...) -> None: ...

class GetRecommendationRequest(_message.Message):
    __slots__ = ("run_id",)
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    def __init__(self, run_id: _Optional[str] = ...) -> None: ...

class GetRecommendationResponse(_message.Message):
    __slots__ = ("run_id", "status", "server_url", "model", "created_at", "started_at", "completed_at", "error")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    SERVER_URL_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_AT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    status: str
    server_url: str
    model: str
    created_at: _timestamp_pb2.Timestamp
    started_at: _timestamp_pb2.Timestamp
    completed_at: _timestamp_pb2.Timestamp
    error: str
    def __init__(self, run_id: _Optional[str] = ..., status: _Optional[str] = ..., server_url: _Optional[str] = ..., model: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., completed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., error: _Optional[str] = ...) -> None: ...

class GetRecommendationResultRequest(_message.Message):
    __slots__ = ("run_id",)
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    def __init__(self, run_id: _Optional[str] = ...) -> None: ...

class GetRecommendationResultResponse(_message.Message):
    __slots__ = ("run_id", "recommendation", "current_infra", "workload", "test_results", "started_at", "completed_at", "duration_seconds", "verdict", "notes")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    RECOMMENDATION_FIELD_NUMBER: _ClassVar[int]
    CURRENT_INFRA_FIELD_NUMBER: _ClassVar[int]
    WORKLOAD_FIELD_NUMBER: _ClassVar[int]
    TEST_RESULTS_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_AT_FIELD_NUMBER: _ClassVar[int]
    DURATION_SECONDS_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    recommendation: CapacityRecommendation
    current_infra: TestedInfra
    workload: _capacity_pb2.ExpectedWorkload
    test_results: _containers.RepeatedCompositeFieldContainer[_result_pb2.LevelResult]
    started_at: _timestamp_pb2.Timestamp
    completed_at: _timestamp_pb2.Timestamp
    duration_seconds: float
    verdict: _result_pb2.Verdict
    notes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, run_id: _Optional[str] = ..., recommendation: _Optional[_Union[CapacityRecommendation, _Mapping]] = ..., current_infra: _Optional[_Union[TestedInfra, _Mapping]] = ..., workload: _Optional[_Union[_capacity_pb2.ExpectedWorkload, _Mapping]] = ..., test_results: _Optional[_Iterable[_Union[_result_pb2.LevelResult, _Mapping]]] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., completed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., duration_seconds: _Optional[float] = ..., verdict: _Optional[_Union[_result_pb2.Verdict, _Mapping]] = ..., notes: _Optional[_Iterable[str]] = ...) -> None: ...

class CapacityRecommendation(_message.Message):
    __slots__ = ("model_name", "outcome", "recommended_gpu", "recommended_count", "recommended_server_count", "tensor_parallelism", "estimated_max_concurrency", "estimated_goodput", "estimated_throughput", "headroom_percent", "calculation_formula", "reasoning", "estimated_monthly_cost_usd")
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    RECOMMENDED_GPU_FIELD_NUMBER: _ClassVar[int]
    RECOMMENDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    RECOMMENDED_SERVER_COUNT_FIELD_NUMBER: _ClassVar[int]
    TENSOR_PARALLELISM_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_MAX_CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_GOODPUT_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_THROUGHPUT_FIELD_NUMBER: _ClassVar[int]
    HEADROOM_PERCENT_FIELD_NUMBER: _ClassVar[int]
    CALCULATION_FORMULA_FIELD_NUMBER: _ClassVar[int]
    REASONING_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_MONTHLY_COST_USD_FIELD_NUMBER: _ClassVar[int]
    model_name: str
    outcome: str
    recommended_gpu: str
    recommended_count: int
    recommended_server_count: int
    tensor_parallelism: int
    estimated_max_concurrency: int
    estimated_goodput: float
    estimated_throughput: float
    headroom_percent: float
    calculation_formula: str
    reasoning: str
    estimated_monthly_cost_usd: float
    def __init__(self, model_name: _Optional[str] = ..., outcome: _Optional[str] = ..., recommended_gpu: _Optional[str] = ..., recommended_count: _Optional[int] = ..., recommended_server_count: _Optional[int] = ..., tensor_parallelism: _Optional[int] = ..., estimated_max_concurrency: _Optional[int] = ..., estimated_goodput: _Optional[float] = ..., estimated_throughput: _Optional[float] = ..., headroom_percent: _Optional[float] = ..., calculation_formula: _Optional[str] = ..., reasoning: _Optional[str] = ..., estimated_monthly_cost_usd: _Optional[float] = ...) -> None: ...

class TestedInfra(_message.Message):
    __slots__ = ("gpu_model", "gpu_count", "gpu_memory_gb", "max_concurrency_at_slo", "max_concurrency_is_at_least", "met_concurrency", "missed_concurrency", "throughput_tokens_per_sec", "goodput_at_max_concurrency", "goodput_at_max_concurrency_ci", "confidence", "saturation_concurrency", "saturation_goodput")
    GPU_MODEL_FIELD_NUMBER: _ClassVar[int]
    GPU_COUNT_FIELD_NUMBER: _ClassVar[int]
    GPU_MEMORY_GB_FIELD_NUMBER: _ClassVar[int]
    MAX_CONCURRENCY_AT_SLO_FIELD_NUMBER: _ClassVar[int]
    MAX_CONCURRENCY_IS_AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    MET_CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    MISSED_CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    THROUGHPUT_TOKENS_PER_SEC_FIELD_NUMBER: _ClassVar[int]
    GOODPUT_AT_MAX_CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    GOODPUT_AT_MAX_CONCURRENCY_CI_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    SATURATION_CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    SATURATION_GOODPUT_FIELD_NUMBER: _ClassVar[int]
    gpu_model: str
    gpu_count: int
    gpu_memory_gb: float
    max_concurrency_at_slo: int
    max_concurrency_is_at_least: bool
    met_concurrency: int
    missed_concurrency: int
    throughput_tokens_per_sec: float
    goodput_at_max_concurrency: float
    goodput_at_max_concurrency_ci: _result_pb2.Interval
    confidence: float
    saturation_concurrency: int
    saturation_goodput: float
    def __init__(self, gpu_model: _Optional[str] = ..., gpu_count: _Optional[int] = ..., gpu_memory_gb: _Optional[float] = ..., max_concurrency_at_slo: _Optional[int] = ..., max_concurrency_is_at_least: _Optional[bool] = ..., met_concurrency: _Optional[int] = ..., missed_concurrency: _Optional[int] = ..., throughput_tokens_per_sec: _Optional[float] = ..., goodput_at_max_concurrency: _Optional[float] = ..., goodput_at_max_concurrency_ci: _Optional[_Union[_result_pb2.Interval, _Mapping]] = ..., confidence: _Optional[float] = ..., saturation_concurrency: _Optional[int] = ..., saturation_goodput: _Optional[float] = ...) -> None: ...

class DeleteRecommendationRequest(_message.Message):
    __slots__ = ("run_id",)
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    def __init__(self, run_id: _Optional[str] = ...) -> None: ...

class DeleteRecommendationResponse(_message.Message):
    __slots__ = ("deleted",)
    DELETED_FIELD_NUMBER: _ClassVar[int]
    deleted: str
    def __init__(self, deleted: _Optional[str] = ...) -> None: ...
