import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from loadcell.v1 import envelope_pb2 as _envelope_pb2
from loadcell.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Model(_message.Message):
    __slots__ = ("id", "model", "provider", "providers", "prompt_cost_per_1k", "completion_cost_per_1k", "max_tokens", "supports_streaming", "supports_function_calling", "request_count", "first_seen_at", "last_seen_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    PROVIDERS_FIELD_NUMBER: _ClassVar[int]
    PROMPT_COST_PER_1K_FIELD_NUMBER: _ClassVar[int]
    COMPLETION_COST_PER_1K_FIELD_NUMBER: _ClassVar[int]
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    SUPPORTS_STREAMING_FIELD_NUMBER: _ClassVar[int]
    SUPPORTS_FUNCTION_CALLING_FIELD_NUMBER: _ClassVar[int]
    REQUEST_COUNT_FIELD_NUMBER: _ClassVar[int]
    FIRST_SEEN_AT_FIELD_NUMBER: _ClassVar[int]
    LAST_SEEN_AT_FIELD_NUMBER: _ClassVar[int]
    id: str
    model: str
    provider: str
    providers: _containers.RepeatedScalarFieldContainer[str]
    prompt_cost_per_1k: float
    completion_cost_per_1k: float
    max_tokens: int
    supports_streaming: bool
    supports_function_calling: bool
    request_count: int
    first_seen_at: _timestamp_pb2.Timestamp
    last_seen_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., model: _Optional[str] = ..., provider: _Optional[str] = ..., providers: _Optional[_Iterable[str]] = ..., prompt_cost_per_1k: _Optional[float] = ..., completion_cost_per_1k: _Optional[float] = ..., max_tokens: _Optional[int] = ..., supports_streaming: _Optional[bool] = ..., supports_function_calling: _Optional[bool] = ..., request_count: _Optional[int] = ..., first_seen_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_seen_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListModelsRequest(_message.Message):
    __slots__ = ("provider", "project_id", "limit", "cursor", "fields")
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    provider: str
    project_id: str
    limit: int
    cursor: str
    fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, provider: _Optional[str] = ..., project_id: _Optional[str] = ..., limit: _Optional[int] = ..., cursor: _Optional[str] = ..., fields: _Optional[_Iterable[str]] = ...) -> None: ...

class ListModelsResponse(_message.Message):
    __slots__ = ("status", "data", "pagination", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    PAGINATION_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: _containers.RepeatedCompositeFieldContainer[Model]
    pagination: _envelope_pb2.Pagination
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Iterable[_Union[Model, _Mapping]]] = ..., pagination: _Optional[_Union[_envelope_pb2.Pagination, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class GetModelRequest(_message.Message):
    __slots__ = ("model_id", "project_id", "fields")
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    model_id: str
    project_id: str
    fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, model_id: _Optional[str] = ..., project_id: _Optional[str] = ..., fields: _Optional[_Iterable[str]] = ...) -> None: ...

class GetModelResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: Model
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[Model, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class GetModelUsageRequest(_message.Message):
    __slots__ = ("model_id", "start_time", "end_time", "provider", "environment", "granularity", "project_id", "fields")
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    GRANULARITY_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    model_id: str
    start_time: str
    end_time: str
    provider: str
    environment: str
    granularity: str
    project_id: str
    fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, model_id: _Optional[str] = ..., start_time: _Optional[str] = ..., end_time: _Optional[str] = ..., provider: _Optional[str] = ..., environment: _Optional[str] = ..., granularity: _Optional[str] = ..., project_id: _Optional[str] = ..., fields: _Optional[_Iterable[str]] = ...) -> None: ...

class GetModelUsageResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: ModelUsage
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[ModelUsage, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class ModelUsage(_message.Message):
    __slots__ = ("model", "providers", "start_time", "end_time", "request_count", "success_count", "error_count", "prompt_tokens", "completion_tokens", "total_tokens", "total_cost_usd", "avg_latency_ms", "p95_latency_ms", "unique_users", "time_series")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    PROVIDERS_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_COUNT_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_COUNT_FIELD_NUMBER: _ClassVar[int]
    ERROR_COUNT_FIELD_NUMBER: _ClassVar[int]
    PROMPT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    COMPLETION_TOKENS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_TOKENS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_COST_USD_FIELD_NUMBER: _ClassVar[int]
    AVG_LATENCY_MS_FIELD_NUMBER: _ClassVar[int]
    P95_LATENCY_MS_FIELD_NUMBER: _ClassVar[int]
    UNIQUE_USERS_FIELD_NUMBER: _ClassVar[int]
    TIME_SERIES_FIELD_NUMBER: _ClassVar[int]
    model: str
    providers: _containers.RepeatedScalarFieldContainer[str]
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    request_count: int
    success_count: int
    error_count: int
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    total_cost_usd: float
    avg_latency_ms: float
    p95_latency_ms: float
    unique_users: int
    time_series: _containers.RepeatedCompositeFieldContainer[ModelUsagePoint]
    def __init__(self, model: _Optional[str] = ..., providers: _Optional[_Iterable[str]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., request_count: _Optional[int] = ..., success_count: _Optional[int] = ..., error_count: _Optional[int] = ..., prompt_tokens: _Optional[int] = ..., completion_tokens: _Optional[int] = ..., total_tokens: _Optional[int] = ..., total_cost_usd: _Optional[float] = ..., avg_latency_ms: _Optional[float] = ..., p95_latency_ms: _Optional[float] = ..., unique_users: _Optional[int] = ..., time_series: _Optional[_Iterable[_Union[ModelUsagePoint, _Mapping]]] = ...) -> None: ...

class ModelUsagePoint(_message.Message):
    __slots__ = ("timestamp", "request_count", "error_count", "total_tokens", "total_cost_usd")
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    REQUEST_COUNT_FIELD_NUMBER: _ClassVar[int]
    ERROR_COUNT_FIELD_NUMBER: _ClassVar[int]
    TOTAL_TOKENS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_COST_USD_FIELD_NUMBER: _ClassVar[int]
    timestamp: _timestamp_pb2.Timestamp
    request_count: int
    error_count: int
    total_tokens: int
    total_cost_usd: float
    def __init__(self, timestamp: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., request_count: _Optional[int] = ..., error_count: _Optional[int] = ..., total_tokens: _Optional[int] = ..., total_cost_usd: _Optional[float] = ...) -> None: ...

class CompareModelsRequest(_message.Message):
    __slots__ = ("models", "metrics", "start_time", "end_time", "environment", "provider", "project_id", "fields")
    MODELS_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    models: _containers.RepeatedScalarFieldContainer[str]
    metrics: _containers.RepeatedScalarFieldContainer[str]
    start_time: str
    end_time: str
    environment: str
    provider: str
    project_id: str
    fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, models: _Optional[_Iterable[str]] = ..., metrics: _Optional[_Iterable[str]] = ..., start_time: _Optional[str] = ..., end_time: _Optional[str] = ..., environment: _Optional[str] = ..., provider: _Optional[str] = ..., project_id: _Optional[str] = ..., fields: _Optional[_Iterable[str]] = ...) -> None: ...

class CompareModelsResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: ModelComparison
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[ModelComparison, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class ModelComparison(_message.Message):
    __slots__ = ("models", "summary")
    MODELS_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    models: _containers.RepeatedCompositeFieldContainer[ComparedModel]
    summary: ModelComparisonSummary
    def __init__(self, models: _Optional[_Iterable[_Union[ComparedModel, _Mapping]]] = ..., summary: _Optional[_Union[ModelComparisonSummary, _Mapping]] = ...) -> None: ...

class ComparedModel(_message.Message):
    __slots__ = ("model", "provider", "metrics")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    model: str
    provider: str
    metrics: ComparedModelMetrics
    def __init__(self, model: _Optional[str] = ..., provider: _Optional[str] = ..., metrics: _Optional[_Union[ComparedModelMetrics, _Mapping]] = ...) -> None: ...

class ComparedModelMetrics(_message.Message):
    __slots__ = ("avg_latency_ms", "p95_latency_ms", "avg_cost_usd", "total_cost_usd", "success_rate", "request_count", "total_tokens", "throughput_rps")
    AVG_LATENCY_MS_FIELD_NUMBER: _ClassVar[int]
    P95_LATENCY_MS_FIELD_NUMBER: _ClassVar[int]
    AVG_COST_USD_FIELD_NUMBER: _ClassVar[int]
    TOTAL_COST_USD_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_RATE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_COUNT_FIELD_NUMBER: _ClassVar[int]
    TOTAL_TOKENS_FIELD_NUMBER: _ClassVar[int]
    THROUGHPUT_RPS_FIELD_NUMBER: _ClassVar[int]
    avg_latency_ms: float
    p95_latency_ms: float
    avg_cost_usd: float
    total_cost_usd: float
    success_rate: float
    request_count: int
    total_tokens: int
    throughput_rps: float
    def __init__(self, avg_latency_ms: _Optional[float] = ..., p95_latency_ms: _Optional[float] = ..., avg_cost_usd: _Optional[float] = ..., total_cost_usd: _Optional[float] = ..., success_rate: _Optional[float] = ..., request_count: _Optional[int] = ..., total_tokens: _Optional[int] = ..., throughput_rps: _Optional[float] = ...) -> None: ...

class ModelComparisonSummary(_message.Message):
    __slots__ = ("fastest_model", "cheapest_model", "most_reliable_model", "recommendations")
    FASTEST_MODEL_FIELD_NUMBER: _ClassVar[int]
    CHEAPEST_MODEL_FIELD_NUMBER: _ClassVar[int]
    MOST_RELIABLE_MODEL_FIELD_NUMBER: _ClassVar[int]
    RECOMMENDATIONS_FIELD_NUMBER: _ClassVar[int]
    fastest_model: str
    cheapest_model: str
    most_reliable_model: str
    recommendations: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, fastest_model: _Optional[str] = ..., cheapest_model: _Optional[str] = ..., most_reliable_model: _Optional[str] = ..., recommendations: _Optional[_Iterable[str]] = ...) -> None: ...
