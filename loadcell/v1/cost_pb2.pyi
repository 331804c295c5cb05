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

class GetCostSummaryRequest(_message.Message):
    __slots__ = ("start_time", "end_time", "provider", "model", "environment", "user_id", "include_trends", "include_top_traces", "top_limit", "project_id", "fields")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_TRENDS_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_TOP_TRACES_FIELD_NUMBER: _ClassVar[int]
    TOP_LIMIT_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    start_time: str
    end_time: str
    provider: str
    model: str
    environment: str
    user_id: str
    include_trends: bool
    include_top_traces: bool
    top_limit: int
    project_id: str
    fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, start_time: _Optional[str] = ..., end_time: _Optional[str] = ..., provider: _Optional[str] = ..., model: _Optional[str] = ..., environment: _Optional[str] = ..., user_id: _Optional[str] = ..., include_trends: _Optional[bool] = ..., include_top_traces: _Optional[bool] = ..., top_limit: _Optional[int] = ..., project_id: _Optional[str] = ..., fields: _Optional[_Iterable[str]] = ...) -> None: ...

class GetCostSummaryResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: CostSummary
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[CostSummary, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class CostSummary(_message.Message):
    __slots__ = ("metadata", "overview", "by_provider", "by_model", "by_environment", "trends", "top_traces")
    METADATA_FIELD_NUMBER: _ClassVar[int]
    OVERVIEW_FIELD_NUMBER: _ClassVar[int]
    BY_PROVIDER_FIELD_NUMBER: _ClassVar[int]
    BY_MODEL_FIELD_NUMBER: _ClassVar[int]
    BY_ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    TRENDS_FIELD_NUMBER: _ClassVar[int]
    TOP_TRACES_FIELD_NUMBER: _ClassVar[int]
    metadata: CostMetadata
    overview: CostOverview
    by_provider: _containers.RepeatedCompositeFieldContainer[CostShare]
    by_model: _containers.RepeatedCompositeFieldContainer[CostShare]
    by_environment: _containers.RepeatedCompositeFieldContainer[CostShare]
    trends: CostTrends
    top_traces: _containers.RepeatedCompositeFieldContainer[CostlyTrace]
    def __init__(self, metadata: _Optional[_Union[CostMetadata, _Mapping]] = ..., overview: _Optional[_Union[CostOverview, _Mapping]] = ..., by_provider: _Optional[_Iterable[_Union[CostShare, _Mapping]]] = ..., by_model: _Optional[_Iterable[_Union[CostShare, _Mapping]]] = ..., by_environment: _Optional[_Iterable[_Union[CostShare, _Mapping]]] = ..., trends: _Optional[_Union[CostTrends, _Mapping]] = ..., top_traces: _Optional[_Iterable[_Union[CostlyTrace, _Mapping]]] = ...) -> None: ...

class CostMetadata(_message.Message):
    __slots__ = ("start_time", "end_time", "period_days", "generated_at")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    PERIOD_DAYS_FIELD_NUMBER: _ClassVar[int]
    GENERATED_AT_FIELD_NUMBER: _ClassVar[int]
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    period_days: float
    generated_at: _timestamp_pb2.Timestamp
    def __init__(self, start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., period_days: _Optional[float] = ..., generated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CostOverview(_message.Message):
    __slots__ = ("total_cost", "prompt_cost", "completion_cost", "total_requests", "total_tokens", "avg_cost_per_request", "avg_cost_per_1k_tokens", "day_over_day_change", "week_over_week_change")
    TOTAL_COST_FIELD_NUMBER: _ClassVar[int]
    PROMPT_COST_FIELD_NUMBER: _ClassVar[int]
    COMPLETION_COST_FIELD_NUMBER: _ClassVar[int]
    TOTAL_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_TOKENS_FIELD_NUMBER: _ClassVar[int]
    AVG_COST_PER_REQUEST_FIELD_NUMBER: _ClassVar[int]
    AVG_COST_PER_1K_TOKENS_FIELD_NUMBER: _ClassVar[int]
    DAY_OVER_DAY_CHANGE_FIELD_NUMBER: _ClassVar[int]
    WEEK_OVER_WEEK_CHANGE_FIELD_NUMBER: _ClassVar[int]
    total_cost: float
    prompt_cost: float
    completion_cost: float
    total_requests: int
    total_tokens: int
    avg_cost_per_request: float
    avg_cost_per_1k_tokens: float
    day_over_day_change: float
    week_over_week_change: float
    def __init__(self, total_cost: _Optional[float] = ..., prompt_cost: _Optional[float] = ..., completion_cost: _Optional[float] = ..., total_requests: _Optional[int] = ..., total_tokens: _Optional[int] = ..., avg_cost_per_request: _Optional[float] = ..., avg_cost_per_1k_tokens: _Optional[float] = ..., day_over_day_change: _Optional[float] = ..., week_over_week_change: _Optional[float] = ...) -> None: ...

class CostShare(_message.Message):
    __slots__ = ("name", "cost", "requests", "percentage", "avg_cost_per_request")
    NAME_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    PERCENTAGE_FIELD_NUMBER: _ClassVar[int]
    AVG_COST_PER_REQUEST_FIELD_NUMBER: _ClassVar[int]
    name: str
    cost: float
    requests: int
    percentage: float
    avg_cost_per_request: float
    def __init__(self, name: _Optional[str] = ..., cost: _Optional[float] = ..., requests: _Optional[int] = ..., percentage: _Optional[float] = ..., avg_cost_per_request: _Optional[float] = ...) -> None: ...

class CostTrends(_message.Message):
    __slots__ = ("daily", "weekly", "growth_rate_daily", "growth_rate_weekly")
    DAILY_FIELD_NUMBER: _ClassVar[int]
    WEEKLY_FIELD_NUMBER: _ClassVar[int]
    GROWTH_RATE_DAILY_FIELD_NUMBER: _ClassVar[int]
    GROWTH_RATE_WEEKLY_FIELD_NUMBER: _ClassVar[int]
    daily: _containers.RepeatedCompositeFieldContainer[CostTrendPoint]
    weekly: _containers.RepeatedCompositeFieldContainer[CostTrendPoint]
    growth_rate_daily: float
    growth_rate_weekly: float
    def __init__(self, daily: _Optional[_Iterable[_Union[CostTrendPoint, _Mapping]]] = ..., weekly: _Optional[_Iterable[_Union[CostTrendPoint, _Mapping]]] = ..., growth_rate_daily: _Optional[float] = ..., growth_rate_weekly: _Optional[float] = ...) -> None: ...

class CostTrendPoint(_message.Message):
    __slots__ = ("date", "cost", "requests")
    DATE_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    date: str
    cost: float
    requests: int
    def __init__(self, date: _Optional[str] = ..., cost: _Optional[float] = ..., requests: _Optional[int] = ...) -> None: ...

class CostlyTrace(_message.Message):
    __slots__ = ("trace_id", "timestamp", "provider", "model", "cost", "tokens", "duration_ms", "user_id")
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    trace_id: str
    timestamp: _timestamp_pb2.Timestamp
    provider: str
    model: str
    cost: float
    tokens: int
    duration_ms: float
    user_id: str
    def __init__(self, trace_id: _Optional[str] = ..., timestamp: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., provider: _Optional[str] = ..., model: _Optional[str] = ..., cost: _Optional[float] = ..., tokens: _Optional[int] = ..., duration_ms: _Optional[float] = ..., user_id: _Optional[str] = ...) -> None: ...

class GetCostAttributionRequest(_message.Message):
    __slots__ = ("start_time", "end_time", "dimension", "provider", "model", "environment", "limit", "min_cost", "project_id", "fields")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    MIN_COST_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    start_time: str
    end_time: str
    dimension: str
    provider: str
    model: str
    environment: str
    limit: int
    min_cost: float
    project_id: str
    fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, start_time: _Optional[str] = ..., end_time: _Optional[str] = ..., dimension: _Optional[str] = ..., provider: _Optional[str] = ..., model: _Optional[str] = ..., environment: _Optional[str] = ..., limit: _Optional[int] = ..., min_cost: _Optional[float] = ..., project_id: _Optional[str] = ..., fields: _Optional[_Iterable[str]] = ...) -> None: ...

class GetCostAttributionResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: CostAttribution
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[CostAttribution, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class CostAttribution(_message.Message):
    __slots__ = ("metadata", "items", "summary")
    METADATA_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    metadata: CostAttributionMetadata
    items: _containers.RepeatedCompositeFieldContainer[CostAttributionItem]
    summary: CostAttributionSummary
    def __init__(self, metadata: _Optional[_Union[CostAttributionMetadata, _Mapping]] = ..., items: _Optional[_Iterable[_Union[CostAttributionItem, _Mapping]]] = ..., summary: _Optional[_Union[CostAttributionSummary, _Mapping]] = ...) -> None: ...

class CostAttributionMetadata(_message.Message):
    __slots__ = ("dimension", "start_time", "end_time", "total_items")
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    TOTAL_ITEMS_FIELD_NUMBER: _ClassVar[int]
    dimension: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    total_items: int
    def __init__(self, dimension: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., total_items: _Optional[int] = ...) -> None: ...

class CostAttributionItem(_message.Message):
    __slots__ = ("dimension_value", "total_cost", "prompt_cost", "completion_cost", "request_count", "total_tokens", "cost_percentage", "avg_cost_per_request", "by_provider", "by_model")
    class ByProviderEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    class ByModelEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    DIMENSION_VALUE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_COST_FIELD_NUMBER: _ClassVar[int]
    PROMPT_COST_FIELD_NUMBER: _ClassVar[int]
    COMPLETION_COST_FIELD_NUMBER: _ClassVar[int]
    REQUEST_COUNT_FIELD_NUMBER: _ClassVar[int]
    TOTAL_TOKENS_FIELD_NUMBER: _ClassVar[int]
    COST_PERCENTAGE_FIELD_NUMBER: _ClassVar[int]
    AVG_COST_PER_REQUEST_FIELD_NUMBER: _ClassVar[int]
    BY_PROVIDER_FIELD_NUMBER: _ClassVar[int]
    BY_MODEL_FIELD_NUMBER: _ClassVar[int]
    dimension_value: str
    total_cost: float
    prompt_cost: float
    completion_cost: float
    request_count: int
    total_tokens: int
    cost_percentage: float
    avg_cost_per_request: float
    by_provider: _containers.ScalarMap[str, float]
    by_model: _containers.ScalarMap[str, float]
    def __init__(self, dimension_value: _Optional[str] = ..., total_cost: _Optional[float] = ..., prompt_cost: _Optional[float] = ..., completion_cost: _Optional[float] = ..., request_count: _Optional[int] = ..., total_tokens: _Optional[int] = ..., cost_percentage: _Optional[float] = ..., avg_cost_per_request: _Optional[float] = ..., by_provider: _Optional[_Mapping[str, float]] = ..., by_model: _Optional[_Mapping[str, float]] = ...) -> None: ...

class CostAttributionSummary(_message.Message):
    __slots__ = ("total_cost", "total_requests", "unique_items", "avg_cost_per_item")
    TOTAL_COST_FIELD_NUMBER: _ClassVar[int]
    TOTAL_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    UNIQUE_ITEMS_FIELD_NUMBER: _ClassVar[int]
    AVG_COST_PER_ITEM_FIELD_NUMBER: _ClassVar[int]
    total_cost: float
    total_requests: int
    unique_items: int
    avg_cost_per_item: float
    def __init__(self, total_cost: _Optional[float] = ..., total_requests: _Optional[int] = ..., unique_items: _Optional[int] = ..., avg_cost_per_item: _Optional[float] = ...) -> None: ...

class GetCostForecastRequest(_message.Message):
    __slots__ = ("historical_start", "historical_end", "forecast_period", "forecast_days", "provider", "model", "environment", "include_confidence_intervals", "project_id", "fields")
    HISTORICAL_START_FIELD_NUMBER: _ClassVar[int]
    HISTORICAL_END_FIELD_NUMBER: _ClassVar[int]
    FORECAST_PERIOD_FIELD_NUMBER: _ClassVar[int]
    FORECAST_DAYS_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_CONFIDENCE_INTERVALS_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    historical_start: str
    historical_end: str
    forecast_period: str
    forecast_days: int
    provider: str
    model: str
    environment: str
    include_confidence_intervals: bool
    project_id: str
    fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, historical_start: _Optional[str] = ..., historical_end: _Optional[str] = ..., forecast_period: _Optional[str] = ..., forecast_days: _Optional[int] = ..., provider: _Optional[str] = ..., model: _Optional[str] = ..., environment: _Optional[str] = ..., include_confidence_intervals: _Optional[bool] = ..., project_id: _Optional[str] = ..., fields: _Optional[_Iterable[str]] = ...) -> None: ...

class GetCostForecastResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: CostForecast
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[CostForecast, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class CostForecast(_message.Message):
    __slots__ = ("metadata", "historical", "forecast", "summary")
    METADATA_FIELD_NUMBER: _ClassVar[int]
    HISTORICAL_FIELD_NUMBER: _ClassVar[int]
    FORECAST_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    metadata: CostForecastMetadata
    historical: _containers.RepeatedCompositeFieldContainer[CostTrendPoint]
    forecast: _containers.RepeatedCompositeFieldContainer[CostForecastPoint]
    summary: CostForecastSummary
    def __init__(self, metadata: _Optional[_Union[CostForecastMetadata, _Mapping]] = ..., historical: _Optional[_Iterable[_Union[CostTrendPoint, _Mapping]]] = ..., forecast: _Optional[_Iterable[_Union[CostForecastPoint, _Mapping]]] = ..., summary: _Optional[_Union[CostForecastSummary, _Mapping]] = ...) -> None: ...

class CostForecastMetadata(_message.Message):
    __slots__ = ("historical_start", "historical_end", "forecast_start", "forecast_end", "forecast_days", "model_type", "generated_at")
    HISTORICAL_START_FIELD_NUMBER: _ClassVar[int]
    HISTORICAL_END_FIELD_NUMBER: _ClassVar[int]
    FORECAST_START_FIELD_NUMBER: _ClassVar[int]
    FORECAST_END_FIELD_NUMBER: _ClassVar[int]
    FORECAST_DAYS_FIELD_NUMBER: _ClassVar[int]
    MODEL_TYPE_FIELD_NUMBER: _ClassVar[int]
    GENERATED_AT_FIELD_NUMBER: _ClassVar[int]
    historical_start: _timestamp_pb2.Timestamp
    historical_end: _timestamp_pb2.Timestamp
    forecast_start: _timestamp_pb2.Timestamp
    forecast_end: _timestamp_pb2.Timestamp
    forecast_days: int
    model_type: str
    generated_at: _timestamp_pb2.Timestamp
    def __init__(self, historical_start: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., historical_end: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., forecast_start: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., forecast_end: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., forecast_days: _Optional[int] = ..., model_type: _Optional[str] = ..., generated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CostForecastPoint(_message.Message):
    __slots__ = ("date", "forecasted_cost", "lower_bound", "upper_bound")
    DATE_FIELD_NUMBER: _ClassVar[int]
    FORECASTED_COST_FIELD_NUMBER: _ClassVar[int]
    LOWER_BOUND_FIELD_NUMBER: _ClassVar[int]
    UPPER_BOUND_FIELD_NUMBER: _ClassVar[int]
    date: str
    forecasted_cost: float
    lower_bound: float
    upper_bound: float
    def __init__(self, date: _Optional[str] = ..., forecasted_cost: _Optional[float] = ..., lower_bound: _Optional[float] = ..., upper_bound: _Optional[float] = ...) -> None: ...

class CostForecastSummary(_message.Message):
    __slots__ = ("total_forecasted_cost", "avg_daily_cost", "projected_monthly_cost", "r_squared", "mape")
    TOTAL_FORECASTED_COST_FIELD_NUMBER: _ClassVar[int]
    AVG_DAILY_COST_FIELD_NUMBER: _ClassVar[int]
    PROJECTED_MONTHLY_COST_FIELD_NUMBER: _ClassVar[int]
    R_SQUARED_FIELD_NUMBER: _ClassVar[int]
    MAPE_FIELD_NUMBER: _ClassVar[int]
    total_forecasted_cost: float
    avg_daily_cost: float
    projected_monthly_cost: float
    r_squared: float
    mape: float
    def __init__(self, total_forecasted_cost: _Optional[float] = ..., avg_daily_cost: _Optional[float] = ..., projected_monthly_cost: _Optional[float] = ..., r_squared: _Optional[float] = ..., mape: _Optional[float] = ...) -> None: ...

class GetCostAnalyticsRequest(_message.Message):
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

class GetCostAnalyticsResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: CostAnalytics
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[CostAnalytics, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class CostAnalytics(_message.Message):
    __slots__ = ("total_cost", "prompt_cost", "completion_cost", "request_count", "avg_cost_per_request", "time_series")
    TOTAL_COST_FIELD_NUMBER: _ClassVar[int]
    PROMPT_COST_FIELD_NUMBER: _ClassVar[int]
    COMPLETION_COST_FIELD_NUMBER: _ClassVar[int]
    REQUEST_COUNT_FIELD_NUMBER: _ClassVar[int]
    AVG_COST_PER_REQUEST_FIELD_NUMBER: _ClassVar[int]
    TIME_SERIES_FIELD_NUMBER: _ClassVar[int]
    total_cost: float
    prompt_cost: float
    completion_cost: float
    request_count: int
    avg_cost_per_request: float
    time_series: _containers.RepeatedCompositeFieldContainer[CostPoint]
    def __init__(self, total_cost: _Optional[float] = ..., prompt_cost: _Optional[float] = ..., completion_cost: _Optional[float] = ..., request_count: _Optional[int] = ..., avg_cost_per_request: _Optional[float] = ..., time_series: _Optional[_Iterable[_Union[CostPoint, _Mapping]]] = ...) -> None: ...

class CostPoint(_message.Message):
    __slots__ = ("timestamp", "total_cost", "prompt_cost", "completion_cost", "request_count")
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    TOTAL_COST_FIELD_NUMBER: _ClassVar[int]
    PROMPT_COST_FIELD_NUMBER: _ClassVar[int]
    COMPLETION_COST_FIELD_NUMBER: _ClassVar[int]
    REQUEST_COUNT_FIELD_NUMBER: _ClassVar[int]
    timestamp: _timestamp_pb2.Timestamp
    total_cost: float
    prompt_cost: float
    completion_cost: float
    request_count: int
    def __init__(self, timestamp: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., total_cost: _Optional[float] = ..., prompt_cost: _Optional[float] = ..., completion_cost: _Optional[float] = ..., request_count: _Optional[int] = ...) -> None: ...

class GetCostBreakdownRequest(_message.Message):
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

class GetCostBreakdownResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: CostBreakdown
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[CostBreakdown, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class CostBreakdown(_message.Message):
    __slots__ = ("by_model", "by_user", "by_provider", "by_time")
    BY_MODEL_FIELD_NUMBER: _ClassVar[int]
    BY_USER_FIELD_NUMBER: _ClassVar[int]
    BY_PROVIDER_FIELD_NUMBER: _ClassVar[int]
    BY_TIME_FIELD_NUMBER: _ClassVar[int]
    by_model: _containers.RepeatedCompositeFieldContainer[CostBreakdownItem]
    by_user: _containers.RepeatedCompositeFieldContainer[CostBreakdownItem]
    by_provider: _containers.RepeatedCompositeFieldContainer[CostBreakdownItem]
    by_time: _containers.RepeatedCompositeFieldContainer[CostPoint]
    def __init__(self, by_model: _Optional[_Iterable[_Union[CostBreakdownItem, _Mapping]]] = ..., by_user: _Optional[_Iterable[_Union[CostBreakdownItem, _Mapping]]] = ..., by_provider: _Optional[_Iterable[_Union[CostBreakdownItem, _Mapping]]] = ..., by_time: _Optional[_Iterable[_Union[CostPoint, _Mapping]]] = ...) -> None: ...

class CostBreakdownItem(_message.Message):
    __slots__ = ("dimension", "total_cost", "request_count", "percentage")
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    TOTAL_COST_FIELD_NUMBER: _ClassVar[int]
    REQUEST_COUNT_FIELD_NUMBER: _ClassVar[int]
    PERCENTAGE_FIELD_NUMBER: _ClassVar[int]
    dimension: str
    total_cost: float
    request_count: int
    percentage: float
    def __init__(self, dimension: _Optional[str] = ..., total_cost: _Optional[float] = ..., request_count: _Optional[int] = ..., percentage: _Optional[float] = ...) -> None: ...

class Pricing(_message.Message):
    __slots__ = ("effective_date", "provider", "model", "prompt_cost_per_1k", "completion_cost_per_1k")
    EFFECTIVE_DATE_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    PROMPT_COST_PER_1K_FIELD_NUMBER: _ClassVar[int]
    COMPLETION_COST_PER_1K_FIELD_NUMBER: _ClassVar[int]
    effective_date: str
    provider: str
    model: str
    prompt_cost_per_1k: float
    completion_cost_per_1k: float
    def __init__(self, effective_date: _Optional[str] = ..., provider: _Optional[str] = ..., model: _Optional[str] = ..., prompt_cost_per_1k: _Optional[float] = ..., completion_cost_per_1k: _Optional[float] = ...) -> None: ...

class ListPricingRequest(_message.Message):
    __slots__ = ("provider", "model", "effective_date", "limit", "cursor")
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_DATE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    provider: str
    model: str
    effective_date: str
    limit: int
    cursor: str
    def __init__(self, provider: _Optional[str] = ..., model: _Optional[str] = ..., effective_date: _Optional[str] = ..., limit: _Optional[int] = ..., cursor: _Optional[str] = ...) -> None: ...

class ListPricingResponse(_message.Message):
    __slots__ = ("status", "data", "pagination", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    PAGINATION_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: _containers.RepeatedCompositeFieldContainer[Pricing]
    pagination: _envelope_pb2.Pagination
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Iterable[_Union[Pricing, _Mapping]]] = ..., pagination: _Optional[_Union[_envelope_pb2.Pagination, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class SetPricingRequest(_message.Message):
    __slots__ = ("effective_date", "provider", "model", "prompt_cost_per_1k", "completion_cost_per_1k")
    EFFECTIVE_DATE_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    PROMPT_COST_PER_1K_FIELD_NUMBER: _ClassVar[int]
    COMPLETION_COST_PER_1K_FIELD_NUMBER: _ClassVar[int]
    effective_date: str
    provider: str
    model: str
    prompt_cost_per_1k: float
    completion_cost_per_1k: float
    def __init__(self, effective_date: _Optional[str] = ..., provider: _Optional[str] = ..., model: _Optional[str] = ..., prompt_cost_per_1k: _Optional[float] = ..., completion_cost_per_1k: _Optional[float] = ...) -> None: ...

class SetPricingResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: Pricing
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[Pricing, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class Budget(_message.Message):
    __slots__ = ("id", "org_id", "project_id", "name", "amount", "period", "threshold_type", "warning_threshold", "critical_threshold", "created_at", "updated_at", "is_active")
    ID_FIELD_NUMBER: _ClassVar[int]
    ORG_ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_TYPE_FIELD_NUMBER: _ClassVar[int]
    WARNING_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    CRITICAL_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    IS_ACTIVE_FIELD_NUMBER: _ClassVar[int]
    id: str
    org_id: str
    project_id: str
    name: str
    amount: float
    period: str
    threshold_type: str
    warning_threshold: float
    critical_threshold: float
    created_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    is_active: bool
    def __init__(self, id: _Optional[str] = ..., org_id: _Optional[str] = ..., project_id: _Optional[str] = ..., name: _Optional[str] = ..., amount: _Optional[float] = ..., period: _Optional[str] = ..., threshold_type: _Optional[str] = ..., warning_threshold: _Optional[float] = ..., critical_threshold: _Optional[float] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., is_active: _Optional[bool] = ...) -> None: ...

class BudgetAlert(_message.Message):
    __slots__ = ("id", "budget_id", "org_id", "severity", "current_cost", "threshold_value", "percentage_used", "message", "triggered_at", "resolved_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    BUDGET_ID_FIELD_NUMBER: _ClassVar[int]
    ORG_ID_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    CURRENT_COST_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_VALUE_FIELD_NUMBER: _ClassVar[int]
    PERCENTAGE_USED_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    TRIGGERED_AT_FIELD_NUMBER: _ClassVar[int]
    RESOLVED_AT_FIELD_NUMBER: _ClassVar[int]
    id: str
    budget_id: str
    org_id: str
    severity: str
    current_cost: float
    threshold_value: float
    percentage_used: float
    message: str
    triggered_at: _timestamp_pb2.Timestamp
    resolved_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., budget_id: _Optional[str] = ..., org_id: _Optional[str] = ..., severity: _Optional[str] = ..., current_cost: _Optional[float] = ..., threshold_value: _Optional[float] = ..., percentage_used: _Optional[float] = ..., message: _Optional[str] = ..., triggered_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., resolved_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CreateBudgetRequest(_message.Message):
    __slots__ = ("project_id", "name", "amount", "period", "threshold_type", "warning_threshold", "critical_threshold", "is_active", "request_id")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_TYPE_FIELD_NUMBER: _ClassVar[int]
    WARNING_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    CRITICAL_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    IS_ACTIVE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    name: str
    amount: float
    period: str
    threshold_type: str
    warning_threshold: float
    critical_threshold: float
    is_active: bool
    request_id: str
    def __init__(self, project_id: _Optional[str] = ..., name: _Optional[str] = ..., amount: _Optional[float] = ..., period: _Optional[str] = ..., threshold_type: _Optional[str] = ..., warning_threshold: _Optional[float] = ..., critical_threshold: _Optional[float] = ..., is_active: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateBudgetResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: Budget
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[Budget, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class ListBudgetsRequest(_message.Message):
    __slots__ = ("project_id", "is_active", "limit", "cursor")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    IS_ACTIVE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    is_active: bool
    limit: int
    cursor: str
    def __init__(self, project_id: _Optional[str] = ..., is_active: _Optional[bool] = ..., limit: _Optional[int] = ..., cursor: _Optional[str] = ...) -> None: ...

class ListBudgetsResponse(_message.Message):
    __slots__ = ("status", "data", "pagination", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    PAGINATION_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: _containers.RepeatedCompositeFieldContainer[Budget]
    pagination: _envelope_pb2.Pagination
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Iterable[_Union[Budget, _Mapping]]] = ..., pagination: _Optional[_Union[_envelope_pb2.Pagination, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class GetBudgetRequest(_message.Message):
    __slots__ = ("budget_id",)
    BUDGET_ID_FIELD_NUMBER: _ClassVar[int]
    budget_id: str
    def __init__(self, budget_id: _Optional[str] = ...) -> None: ...

class GetBudgetResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: Budget
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[Budget, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class UpdateBudgetRequest(_message.Message):
    __slots__ = ("budget_id", "name", "amount", "period", "threshold_type", "warning_threshold", "critical_threshold", "is_active")
    BUDGET_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_TYPE_FIELD_NUMBER: _ClassVar[int]
    WARNING_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    CRITICAL_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    IS_ACTIVE_FIELD_NUMBER: _ClassVar[int]
    budget_id: str
    name: str
    amount: float
    period: str
    threshold_type: str
    warning_threshold: float
    critical_threshold: float
    is_active: bool
    def __init__(self, budget_id: _Optional[str] = ..., name: _Optional[str] = ..., amount: _Optional[float] = ..., period: _Optional[str] = ..., threshold_type: _Optional[str] = ..., warning_threshold: _Optional[float] = ..., critical_threshold: _Optional[float] = ..., is_active: _Optional[bool] = ...) -> None: ...

class UpdateBudgetResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: Budget
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[Budget, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class DeleteBudgetRequest(_message.Message):
    __slots__ = ("budget_id",)
    BUDGET_ID_FIELD_NUMBER: _ClassVar[int]
    budget_id: str
    def __init__(self, budget_id: _Optional[str] = ...) -> None: ...

class DeleteBudgetResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: Budget
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[Budget, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class GetBudgetHistoryRequest(_message.Message):
    __slots__ = ("budget_id", "limit")
    BUDGET_ID_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    budget_id: str
    limit: int
    def __init__(self, budget_id: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class GetBudgetHistoryResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: BudgetHistory
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[BudgetHistory, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class BudgetHistory(_message.Message):
    __slots__ = ("budget", "periods", "alerts")
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    PERIODS_FIELD_NUMBER: _ClassVar[int]
    ALERTS_FIELD_NUMBER: _ClassVar[int]
    budget: Budget
    periods: _containers.RepeatedCompositeFieldContainer[BudgetPeriod]
    alerts: _containers.RepeatedCompositeFieldContainer[BudgetAlert]
    def __init__(self, budget: _Optional[_Union[Budget, _Mapping]] = ..., periods: _Optional[_Iterable[_Union[BudgetPeriod, _Mapping]]] = ..., alerts: _Optional[_Iterable[_Union[BudgetAlert, _Mapping]]] = ...) -> None: ...

class BudgetPeriod(_message.Message):
    __slots__ = ("start_time", "end_time", "cost", "percentage_used", "requests")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    PERCENTAGE_USED_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    cost: float
    percentage_used: float
    requests: int
    def __init__(self, start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., cost: _Optional[float] = ..., percentage_used: _Optional[float] = ..., requests: _Optional[int] = ...) -> None: ...
