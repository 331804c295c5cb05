import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from loadcell.v1 import envelope_pb2 as _envelope_pb2
from loadcell.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetMetricsRequest(_message.Message):
    __slots__ = ("metrics", "interval", "start_time", "end_time", "provider", "model", "environment", "user_id", "group_by", "aggregation", "include_percentiles", "fill_gaps", "fill_value", "project_id", "fields")
    METRICS_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    GROUP_BY_FIELD_NUMBER: _ClassVar[int]
    AGGREGATION_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_PERCENTILES_FIELD_NUMBER: _ClassVar[int]
    FILL_GAPS_FIELD_NUMBER: _ClassVar[int]
    FILL_VALUE_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    metrics: _containers.RepeatedScalarFieldContainer[str]
    interval: str
    start_time: str
    end_time: str
    provider: str
    model: str
    environment: str
    user_id: str
    group_by: _containers.RepeatedScalarFieldContainer[str]
    aggregation: str
    include_percentiles: bool
    fill_gaps: bool
    fill_value: str
    project_id: str
    fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, metrics: _Optional[_Iterable[str]] = ..., interval: _Optional[str] = ..., start_time: _Optional[str] = ..., end_time: _Optional[str] = ..., provider: _Optional[str] = ..., model: _Optional[str] = ..., environment: _Optional[str] = ..., user_id: _Optional[str] = ..., group_by: _Optional[_Iterable[str]] = ..., aggregation: _Optional[str] = ..., include_percentiles: _Optional[bool] = ..., fill_gaps: _Optional[bool] = ..., fill_value: _Optional[str] = ..., project_id: _Optional[str] = ..., fields: _Optional[_Iterable[str]] = ...) -> None: ...

class GetMetricsResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: MetricsData
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[MetricsData, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class MetricsData(_message.Message):
    __slots__ = ("metadata", "data")
    METADATA_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    metadata: MetricsMetadata
    data: _containers.RepeatedCompositeFieldContainer[_struct_pb2.Struct]
    def __init__(self, metadata: _Optional[_Union[MetricsMetadata, _Mapping]] = ..., data: _Optional[_Iterable[_Union[_struct_pb2.Struct, _Mapping]]] = ...) -> None: ...

class MetricsMetadata(_message.Message):
    __slots__ = ("interval", "start_time", "end_time", "metrics", "group_by", "data_source", "total_points")
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    GROUP_BY_FIELD_NUMBER: _ClassVar[int]
    DATA_SOURCE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_POINTS_FIELD_NUMBER: _ClassVar[int]
    interval: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    metrics: _containers.RepeatedScalarFieldContainer[str]
    group_by: _containers.RepeatedScalarFieldContainer[str]
    data_source: str
    total_points: int
    def __init__(self, interval: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., metrics: _Optional[_Iterable[str]] = ..., group_by: _Optional[_Iterable[str]] = ..., data_source: _Optional[str] = ..., total_points: _Optional[int] = ...) -> None: ...

class GetMetricRequest(_message.Message):
    __slots__ = ("metric_id",)
    METRIC_ID_FIELD_NUMBER: _ClassVar[int]
    metric_id: str
    def __init__(self, metric_id: _Optional[str] = ...) -> None: ...

class GetMetricResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: MetricDescription
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[MetricDescription, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class MetricDescription(_message.Message):
    __slots__ = ("id", "description", "unit", "aggregations", "default_aggregation", "dimensions")
    ID_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    AGGREGATIONS_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_AGGREGATION_FIELD_NUMBER: _ClassVar[int]
    DIMENSIONS_FIELD_NUMBER: _ClassVar[int]
    id: str
    description: str
    unit: str
    aggregations: _containers.RepeatedScalarFieldContainer[str]
    default_aggregation: str
    dimensions: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[str] = ..., description: _Optional[str] = ..., unit: _Optional[str] = ..., aggregations: _Optional[_Iterable[str]] = ..., default_aggregation: _Optional[str] = ..., dimensions: _Optional[_Iterable[str]] = ...) -> None: ...

class GetMetricsSummaryRequest(_message.Message):
    __slots__ = ("start_time", "end_time", "provider", "model", "environment", "compare_previous_period", "project_id", "fields")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    COMPARE_PREVIOUS_PERIOD_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    start_time: str
    end_time: str
    provider: str
    model: str
    environment: str
    compare_previous_period: bool
    project_id: str
    fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, start_time: _Optional[str] = ..., end_time: _Optional[str] = ..., provider: _Optional[str] = ..., model: _Optional[str] = ..., environment: _Optional[str] = ..., compare_previous_period: _Optional[bool] = ..., project_id: _Optional[str] = ..., fields: _Optional[_Iterable[str]] = ...) -> None: ...

class GetMetricsSummaryResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: MetricsSummary
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[MetricsSummary, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class MetricsSummary(_message.Message):
    __slots__ = ("current_period", "previous_period", "changes", "top_items", "quality")
    CURRENT_PERIOD_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_PERIOD_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    TOP_ITEMS_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    current_period: PeriodSummary
    previous_period: PeriodSummary
    changes: PeriodChanges
    top_items: TopItems
    quality: QualitySummary
    def __init__(self, current_period: _Optional[_Union[PeriodSummary, _Mapping]] = ..., previous_period: _Optional[_Union[PeriodSummary, _Mapping]] = ..., changes: _Optional[_Union[PeriodChanges, _Mapping]] = ..., top_items: _Optional[_Union[TopItems, _Mapping]] = ..., quality: _Optional[_Union[QualitySummary, _Mapping]] = ...) -> None: ...

class PeriodSummary(_message.Message):
    __slots__ = ("start_time", "end_time", "total_requests", "total_cost_usd", "total_tokens", "avg_duration_ms", "p95_duration_ms", "error_rate", "success_rate", "unique_users", "unique_sessions")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    TOTAL_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_COST_USD_FIELD_NUMBER: _ClassVar[int]
    TOTAL_TOKENS_FIELD_NUMBER: _ClassVar[int]
    AVG_DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    P95_DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    ERROR_RATE_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_RATE_FIELD_NUMBER: _ClassVar[int]
    UNIQUE_USERS_FIELD_NUMBER: _ClassVar[int]
    UNIQUE_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    total_requests: int
    total_cost_usd: float
    total_tokens: int
    avg_duration_ms: float
    p95_duration_ms: float
    error_rate: float
    success_rate: float
    unique_users: int
    unique_sessions: int
    def __init__(self, start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., total_requests: _Optional[int] = ..., total_cost_usd: _Optional[float] = ..., total_tokens: _Optional[int] = ..., avg_duration_ms: _Optional[float] = ..., p95_duration_ms: _Optional[float] = ..., error_rate: _Optional[float] = ..., success_rate: _Optional[float] = ..., unique_users: _Optional[int] = ..., unique_sessions: _Optional[int] = ...) -> None: ...

class PeriodChanges(_message.Message):
    __slots__ = ("requests_change_pct", "cost_change_pct", "duration_change_pct", "error_rate_change_pct")
    REQUESTS_CHANGE_PCT_FIELD_NUMBER: _ClassVar[int]
    COST_CHANGE_PCT_FIELD_NUMBER: _ClassVar[int]
    DURATION_CHANGE_PCT_FIELD_NUMBER: _ClassVar[int]
    ERROR_RATE_CHANGE_PCT_FIELD_NUMBER: _ClassVar[int]
    requests_change_pct: float
    cost_change_pct: float
    duration_change_pct: float
    error_rate_change_pct: float
    def __init__(self, requests_change_pct: _Optional[float] = ..., cost_change_pct: _Optional[float] = ..., duration_change_pct: _Optional[float] = ..., error_rate_change_pct: _Optional[float] = ...) -> None: ...

class TopItems(_message.Message):
    __slots__ = ("by_cost", "by_requests", "by_duration", "by_errors")
    BY_COST_FIELD_NUMBER: _ClassVar[int]
    BY_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    BY_DURATION_FIELD_NUMBER: _ClassVar[int]
    BY_ERRORS_FIELD_NUMBER: _ClassVar[int]
    by_cost: _containers.RepeatedCompositeFieldContainer[TopItem]
    by_requests: _containers.RepeatedCompositeFieldContainer[TopItem]
    by_duration: _containers.RepeatedCompositeFieldContainer[TopItem]
    by_errors: _containers.RepeatedCompositeFieldContainer[TopItem]
    def __init__(self, by_cost: _Optional[_Iterable[_Union[TopItem, _Mapping]]] = ..., by_requests: _Optional[_Iterable[_Union[TopItem, _Mapping]]] = ..., by_duration: _Optional[_Iterable[_Union[TopItem, _Mapping]]] = ..., by_errors: _Optional[_Iterable[_Union[TopItem, _Mapping]]] = ...) -> None: ...

class TopItem(_message.Message):
    __slots__ = ("provider", "model", "value", "percentage")
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    PERCENTAGE_FIELD_NUMBER: _ClassVar[int]
    provider: str
    model: str
    value: float
    percentage: float
    def __init__(self, provider: _Optional[str] = ..., model: _Optional[str] = ..., value: _Optional[float] = ..., percentage: _Optional[float] = ...) -> None: ...

class QualitySummary(_message.Message):
    __slots__ = ("error_count", "success_count", "error_rate", "success_rate", "most_common_errors")
    ERROR_COUNT_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_COUNT_FIELD_NUMBER: _ClassVar[int]
    ERROR_RATE_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_RATE_FIELD_NUMBER: _ClassVar[int]
    MOST_COMMON_ERRORS_FIELD_NUMBER: _ClassVar[int]
    error_count: int
    success_count: int
    error_rate: float
    success_rate: float
    most_common_errors: _containers.RepeatedCompositeFieldContainer[CommonError]
    def __init__(self, error_count: _Optional[int] = ..., success_count: _Optional[int] = ..., error_rate: _Optional[float] = ..., success_rate: _Optional[float] = ..., most_common_errors: _Optional[_Iterable[_Union[CommonError, _Mapping]]] = ...) -> None: ...

class CommonError(_message.Message):
    __slots__ = ("status_code", "count", "percentage", "sample_message")
    STATUS_CODE_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    PERCENTAGE_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    status_code: str
    count: int
    percentage: float
    sample_message: str
    def __init__(self, status_code: _Optional[str] = ..., count: _Optional[int] = ..., percentage: _Optional[float] = ..., sample_message: _Optional[str] = ...) -> None: ...

class QueryMetricsRequest(_message.Message):
    __slots__ = ("metrics", "interval", "start_time", "end_time", "group_by", "filters", "having", "sort_by", "limit", "project_id")
    METRICS_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    GROUP_BY_FIELD_NUMBER: _ClassVar[int]
    FILTERS_FIELD_NUMBER: _ClassVar[int]
    HAVING_FIELD_NUMBER: _ClassVar[int]
    SORT_BY_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    metrics: _containers.RepeatedCompositeFieldContainer[MetricSelection]
    interval: str
    start_time: str
    end_time: str
    group_by: _containers.RepeatedScalarFieldContainer[str]
    filters: _containers.RepeatedCompositeFieldContainer[DimensionFilter]
    having: _containers.RepeatedCompositeFieldContainer[HavingCondition]
    sort_by: MetricsOrder
    limit: int
    project_id: str
    def __init__(self, metrics: _Optional[_Iterable[_Union[MetricSelection, _Mapping]]] = ..., interval: _Optional[str] = ..., start_time: _Optional[str] = ..., end_time: _Optional[str] = ..., group_by: _Optional[_Iterable[str]] = ..., filters: _Optional[_Iterable[_Union[DimensionFilter, _Mapping]]] = ..., having: _Optional[_Iterable[_Union[HavingCondition, _Mapping]]] = ..., sort_by: _Optional[_Union[MetricsOrder, _Mapping]] = ..., limit: _Optional[int] = ..., project_id: _Optional[str] = ...) -> None: ...

class MetricSelection(_message.Message):
    __slots__ = ("metric", "aggregation", "alias")
    METRIC_FIELD_NUMBER: _ClassVar[int]
    AGGREGATION_FIELD_NUMBER: _ClassVar[int]
    ALIAS_FIELD_NUMBER: _ClassVar[int]
    metric: str
    aggregation: str
    alias: str
    def __init__(self, metric: _Optional[str] = ..., aggregation: _Optional[str] = ..., alias: _Optional[str] = ...) -> None: ...

class DimensionFilter(_message.Message):
    __slots__ = ("dimension", "operator", "value")
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    dimension: str
    operator: str
    value: _struct_pb2.Value
    def __init__(self, dimension: _Optional[str] = ..., operator: _Optional[str] = ..., value: _Optional[_Union[_struct_pb2.Value, _Mapping]] = ...) -> None: ...

class HavingCondition(_message.Message):
    __slots__ = ("metric", "aggregation", "operator", "value")
    METRIC_FIELD_NUMBER: _ClassVar[int]
    AGGREGATION_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    metric: str
    aggregation: str
    operator: str
    value: float
    def __init__(self, metric: _Optional[str] = ..., aggregation: _Optional[str] = ..., operator: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...

class MetricsOrder(_message.Message):
    __slots__ = ("field", "descending")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    DESCENDING_FIELD_NUMBER: _ClassVar[int]
    field: str
    descending: bool
    def __init__(self, field: _Optional[str] = ..., descending: _Optional[bool] = ...) -> None: ...

class QueryMetricsResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: CustomMetrics
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[CustomMetrics, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class CustomMetrics(_message.Message):
    __slots__ = ("metadata", "data")
    METADATA_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    metadata: CustomMetricsMetadata
    data: _containers.RepeatedCompositeFieldContainer[_struct_pb2.Struct]
    def __init__(self, metadata: _Optional[_Union[CustomMetricsMetadata, _Mapping]] = ..., data: _Optional[_Iterable[_Union[_struct_pb2.Struct, _Mapping]]] = ...) -> None: ...

class CustomMetricsMetadata(_message.Message):
    __slots__ = ("interval", "start_time", "end_time", "group_by", "filters_applied", "having_conditions", "total_rows")
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    GROUP_BY_FIELD_NUMBER: _ClassVar[int]
    FILTERS_APPLIED_FIELD_NUMBER: _ClassVar[int]
    HAVING_CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_ROWS_FIELD_NUMBER: _ClassVar[int]
    interval: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    group_by: _containers.RepeatedScalarFieldContainer[str]
    filters_applied: int
    having_conditions: int
    total_rows: int
    def __init__(self, interval: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., group_by: _Optional[_Iterable[str]] = ..., filters_applied: _Optional[int] = ..., having_conditions: _Optional[int] = ..., total_rows: _Optional[int] = ...) -> None: ...

class GetPerformanceRequest(_message.Message):
    __slots__ = ("start_time", "end_time", "provider", "model", "environment", "user_id", "granularity", "project_id", "fields")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    GRANULARITY_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    start_time: str
    end_time: str
    provider: str
    model: str
    environment: str
    user_id: str
    granularity: str
    project_id: str
    fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, start_time: _Optional[str] = ..., end_time: _Optional[str] = ..., provider: _Optional[str] = ..., model: _Optional[str] = ..., environment: _Optional[str] = ..., user_id: _Optional[str] = ..., granularity: _Optional[str] = ..., project_id: _Optional[str] = ..., fields: _Optional[_Iterable[str]] = ...) -> None: ...

class GetPerformanceResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: PerformanceMetrics
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[PerformanceMetrics, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class PerformanceMetrics(_message.Message):
    __slots__ = ("request_count", "avg_latency_ms", "min_latency_ms", "max_latency_ms", "p50_latency_ms", "p95_latency_ms", "p99_latency_ms", "throughput_rps", "total_tokens", "tokens_per_second", "time_series")
    REQUEST_COUNT_FIELD_NUMBER: _ClassVar[int]
    AVG_LATENCY_MS_FIELD_NUMBER: _ClassVar[int]
    MIN_LATENCY_MS_FIELD_NUMBER: _ClassVar[int]
    MAX_LATENCY_MS_FIELD_NUMBER: _ClassVar[int]
    P50_LATENCY_MS_FIELD_NUMBER: _ClassVar[int]
    P95_LATENCY_MS_FIELD_NUMBER: _ClassVar[int]
    P99_LATENCY_MS_FIELD_NUMBER: _ClassVar[int]
    THROUGHPUT_RPS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_TOKENS_FIELD_NUMBER: _ClassVar[int]
    TOKENS_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    TIME_SERIES_FIELD_NUMBER: _ClassVar[int]
    request_count: int
    avg_latency_ms: float
    min_latency_ms: float
    max_latency_ms: float
    p50_latency_ms: float
    p95_latency_ms: float
    p99_latency_ms: float
    throughput_rps: float
    total_tokens: int
    tokens_per_second: float
    time_series: _containers.RepeatedCompositeFieldContainer[PerformancePoint]
    def __init__(self, request_count: _Optional[int] = ..., avg_latency_ms: _Optional[float] = ..., min_latency_ms: _Optional[float] = ..., max_latency_ms: _Optional[float] = ..., p50_latency_ms: _Optional[float] = ..., p95_latency_ms: _Optional[float] = ..., p99_latency_ms: _Optional[float] = ..., throughput_rps: _Optional[float] = ..., total_tokens: _Optional[int] = ..., tokens_per_second: _Optional[float] = ..., time_series: _Optional[_Iterable[_Union[PerformancePoint, _Mapping]]] = ...) -> None: ...

class PerformancePoint(_message.Message):
    __slots__ = ("timestamp", "avg_latency_ms", "min_latency_ms", "max_latency_ms", "request_count", "total_tokens", "p50_latency_ms", "p95_latency_ms", "p99_latency_ms", "throughput_rps")
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    AVG_LATENCY_MS_FIELD_NUMBER: _ClassVar[int]
    MIN_LATENCY_MS_FIELD_NUMBER: _ClassVar[int]
    MAX_LATENCY_MS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_COUNT_FIELD_NUMBER: _ClassVar[int]
    TOTAL_TOKENS_FIELD_NUMBER: _ClassVar[int]
    P50_LATENCY_MS_FIELD_NUMBER: _ClassVar[int]
    P95_LATENCY_MS_FIELD_NUMBER: _ClassVar[int]
    P99_LATENCY_MS_FIELD_NUMBER: _ClassVar[int]
    THROUGHPUT_RPS_FIELD_NUMBER: _ClassVar[int]
    timestamp: _timestamp_pb2.Timestamp
    avg_latency_ms: float
    min_latency_ms: float
    max_latency_ms: float
    request_count: int
    total_tokens: int
    p50_latency_ms: float
    p95_latency_ms: float
    p99_latency_ms: float
    throughput_rps: float
    def __init__(self, timestamp: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., avg_latency_ms: _Optional[float] = ..., min_latency_ms: _Optional[float] = ..., max_latency_ms: _Optional[float] = ..., request_count: _Optional[int] = ..., total_tokens: _Optional[int] = ..., p50_latency_ms: _Optional[float] = ..., p95_latency_ms: _Optional[float] = ..., p99_latency_ms: _Optional[float] = ..., throughput_rps: _Optional[float] = ...) -> None: ...

class GetQualityRequest(_message.Message):
    __slots__ = ("start_time", "end_time", "provider", "model", "environment", "user_id", "granularity", "project_id", "fields")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    GRANULARITY_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    start_time: str
    end_time: str
    provider: str
    model: str
    environment: str
    user_id: str
    granularity: str
    project_id: str
    fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, start_time: _Optional[str] = ..., end_time: _Optional[str] = ..., provider: _Optional[str] = ..., model: _Optional[str] = ..., environment: _Optional[str] = ..., user_id: _Optional[str] = ..., granularity: _Optional[str] = ..., project_id: _Optional[str] = ..., fields: _Optional[_Iterable[str]] = ...) -> None: ...

class GetQualityResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: QualityMetrics
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[QualityMetrics, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class QualityMetrics(_message.Message):
    __slots__ = ("total_requests", "successful_requests", "failed_requests", "success_rate", "error_rate", "avg_feedback_score", "resolution_rate", "error_breakdown", "time_series")
    TOTAL_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    SUCCESSFUL_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    FAILED_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_RATE_FIELD_NUMBER: _ClassVar[int]
    ERROR_RATE_FIELD_NUMBER: _ClassVar[int]
    AVG_FEEDBACK_SCORE_FIELD_NUMBER: _ClassVar[int]
    RESOLUTION_RATE_FIELD_NUMBER: _ClassVar[int]
    ERROR_BREAKDOWN_FIELD_NUMBER: _ClassVar[int]
    TIME_SERIES_FIELD_NUMBER: _ClassVar[int]
    total_requests: int
    successful_requests: int
    failed_requests: int
    success_rate: float
    error_rate: float
    avg_feedback_score: float
    resolution_rate: float
    error_breakdown: _containers.RepeatedCompositeFieldContainer[ErrorBreakdown]
    time_series: _containers.RepeatedCompositeFieldContainer[QualityPoint]
    def __init__(self, total_requests: _Optional[int] = ..., successful_requests: _Optional[int] = ..., failed_requests: _Optional[int] = ..., success_rate: _Optional[float] = ..., error_rate: _Optional[float] = ..., avg_feedback_score: _Optional[float] = ..., resolution_rate: _Optional[float] = ..., error_breakdown: _Optional[_Iterable[_Union[ErrorBreakdown, _Mapping]]] = ..., time_series: _Optional[_Iterable[_Union[QualityPoint, _Mapping]]] = ...) -> None: ...

class ErrorBreakdown(_message.Message):
    __slots__ = ("error_type", "count", "percentage", "sample_message")
    ERROR_TYPE_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    PERCENTAGE_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    error_type: str
    count: int
    percentage: float
    sample_message: str
    def __init__(self, error_type: _Optional[str] = ..., count: _Optional[int] = ..., percentage: _Optional[float] = ..., sample_message: _Optional[str] = ...) -> None: ...

class QualityPoint(_message.Message):
    __slots__ = ("timestamp", "success_rate", "error_rate", "request_count")
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_RATE_FIELD_NUMBER: _ClassVar[int]
    ERROR_RATE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_COUNT_FIELD_NUMBER: _ClassVar[int]
    timestamp: _timestamp_pb2.Timestamp
    success_rate: float
    error_rate: float
    request_count: int
    def __init__(self, timestamp: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., success_rate: _Optional[float] = ..., error_rate: _Optional[float] = ..., request_count: _Optional[int] = ...) -> None: ...

class GetOptimizationRequest(_message.Message):
    __slots__ = ("start_time", "end_time", "provider", "model", "environment", "user_id", "granularity", "project_id", "fields")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    GRANULARITY_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    start_time: str
    end_time: str
    provider: str
    model: str
    environment: str
    user_id: str
    granularity: str
    project_id: str
    fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, start_time: _Optional[str] = ..., end_time: _Optional[str] = ..., provider: _Optional[str] = ..., model: _Optional[str] = ..., environment: _Optional[str] = ..., user_id: _Optional[str] = ..., granularity: _Optional[str] = ..., project_id: _Optional[str] = ..., fields: _Optional[_Iterable[str]] = ...) -> None: ...

class GetOptimizationResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: Optimization
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[Optimization, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class Optimization(_message.Message):
    __slots__ = ("cost_optimizations", "performance_optimizations", "quality_optimizations", "overall_score")
    COST_OPTIMIZATIONS_FIELD_NUMBER: _ClassVar[int]
    PERFORMANCE_OPTIMIZATIONS_FIELD_NUMBER: _ClassVar[int]
    QUALITY_OPTIMIZATIONS_FIELD_NUMBER: _ClassVar[int]
    OVERALL_SCORE_FIELD_NUMBER: _ClassVar[int]
    cost_optimizations: _containers.RepeatedCompositeFieldContainer[Recommendation]
    performance_optimizations: _containers.RepeatedCompositeFieldContainer[Recommendation]
    quality_optimizations: _containers.RepeatedCompositeFieldContainer[Recommendation]
    overall_score: float
    def __init__(self, cost_optimizations: _Optional[_Iterable[_Union[Recommendation, _Mapping]]] = ..., performance_optimizations: _Optional[_Iterable[_Union[Recommendation, _Mapping]]] = ..., quality_optimizations: _Optional[_Iterable[_Union[Recommendation, _Mapping]]] = ..., overall_score: _Optional[float] = ...) -> None: ...

class Recommendation(_message.Message):
    __slots__ = ("title", "description", "impact", "potential_savings", "effort", "priority")
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    IMPACT_FIELD_NUMBER: _ClassVar[int]
    POTENTIAL_SAVINGS_FIELD_NUMBER: _ClassVar[int]
    EFFORT_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    title: str
    description: str
    impact: str
    potential_savings: float
    effort: str
    priority: int
    def __init__(self, title: _Optional[str] = ..., description: _Optional[str] = ..., impact: _Optional[str] = ..., potential_savings: _Optional[float] = ..., effort: _Optional[str] = ..., priority: _Optional[int] = ...) -> None: ...
