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

class Trace(_message.Message):
    __slots__ = ("ts", "trace_id", "span_id", "parent_span_id", "service_name", "span_name", "provider", "model", "input_text", "output_text", "prompt_tokens", "completion_tokens", "total_tokens", "prompt_cost_usd", "completion_cost_usd", "total_cost_usd", "duration_ms", "ttft_ms", "status_code", "error_message", "user_id", "session_id", "environment", "tags", "attributes", "project_id", "operation_type", "latency_ms", "tokens_per_second", "model_parameters", "run_id", "level", "agent_id", "finish_reason", "scheduled_time", "client_delay_ms", "children", "evaluations", "feedback", "warmup", "http_status", "timeline", "redacted")
    TS_FIELD_NUMBER: _ClassVar[int]
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    SPAN_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_SPAN_ID_FIELD_NUMBER: _ClassVar[int]
    SERVICE_NAME_FIELD_NUMBER: _ClassVar[int]
    SPAN_NAME_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    INPUT_TEXT_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_TEXT_FIELD_NUMBER: _ClassVar[int]
    PROMPT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    COMPLETION_TOKENS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_TOKENS_FIELD_NUMBER: _ClassVar[int]
    PROMPT_COST_USD_FIELD_NUMBER: _ClassVar[int]
    COMPLETION_COST_USD_FIELD_NUMBER: _ClassVar[int]
    TOTAL_COST_USD_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    TTFT_MS_FIELD_NUMBER: _ClassVar[int]
    STATUS_CODE_FIELD_NUMBER: _ClassVar[int]
    ERROR_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATION_TYPE_FIELD_NUMBER: _ClassVar[int]
    LATENCY_MS_FIELD_NUMBER: _ClassVar[int]
    TOKENS_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    MODEL_PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    FINISH_REASON_FIELD_NUMBER: _ClassVar[int]
    SCHEDULED_TIME_FIELD_NUMBER: _ClassVar[int]
    CLIENT_DELAY_MS_FIELD_NUMBER: _ClassVar[int]
    CHILDREN_FIELD_NUMBER: _ClassVar[int]
    EVALUATIONS_FIELD_NUMBER: _ClassVar[int]
    FEEDBACK_FIELD_NUMBER: _ClassVar[int]
    WARMUP_FIELD_NUMBER: _ClassVar[int]
    HTTP_STATUS_FIELD_NUMBER: _ClassVar[int]
    TIMELINE_FIELD_NUMBER: _ClassVar[int]
    REDACTED_FIELD_NUMBER: _ClassVar[int]
    ts: _timestamp_pb2.Timestamp
    trace_id: str
    span_id: str
    parent_span_id: str
    service_name: str
    span_name: str
    provider: str
    model: str
    input_text: str
    output_text: str
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_cost_usd: float
    completion_cost_usd: float
    total_cost_usd: float
    duration_ms: float
    ttft_ms: float
    status_code: str
    error_message: str
    user_id: str
    session_id: str
    environment: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    attributes: _struct_pb2.Struct
    project_id: str
    operation_type: str
    latency_ms: float
    tokens_per_second: float
    model_parameters: _struct_pb2.Struct
    run_id: str
    level: int
    agent_id: str
    finish_reason: str
    scheduled_time: _timestamp_pb2.Timestamp
    client_delay_ms: float
    children: _struct_pb2.ListValue
    evaluations: _containers.RepeatedCompositeFieldContainer[Evaluation]
    feedback: _containers.RepeatedCompositeFieldContainer[Feedback]
    warmup: bool
    http_status: int
    timeline: _containers.RepeatedCompositeFieldContainer[TimelineEvent]
    redacted: bool
    def __init__(self, ts: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., trace_id: _Optional[str] = ..., span_id: _Optional[str] = ..., parent_span_id: _Optional[str] = ..., service_name: _Optional[str] = ..., span_name: _Optional[str] = ..., provider: _Optional[str] = ..., model: _Optional[str] = ..., input_text: _Optional[str] = ..., output_text: _Optional[str] = ..., prompt_tokens: _Optional[int] = ..., completion_tokens: _Optional[int] = ..., total_tokens: _Optional[int] = ..., prompt_cost_usd: _Optional[float] = ..., completion_cost_usd: _Optional[float] = ..., total_cost_usd: _Optional[float] = ..., duration_ms: _Optional[float] = ..., ttft_ms: _Optional[float] = ..., status_code: _Optional[str] = ..., error_message: _Optional[str] = ..., user_id: _Optional[str] = ..., session_id: _Optional[str] = ..., environment: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., attributes: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., project_id: _Optional[str] = ..., operation_type: _Optional[str] = ..., latency_ms: _Optional[float] = ..., tokens_per_second: _Optional[float] = ..., model_parameters: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., run_id: _Optional[str] = ..., level: _Optional[int] = ..., agent_id: _Optional[str] = ..., finish_reason: _Optional[str] = ..., scheduled_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., client_delay_ms: _Optional[float] = ..., children: _Optional[_Union[_struct_pb2.ListValue, _Mapping]] = ..., evaluations: _Optional[_Iterable[_Union[Evaluation, _Mapping]]] = ..., feedback: _Optional[_Iterable[_Union[Feedback, _Mapping]]] = ..., warmup: _Optional[bool] = ..., http_status: _Optional[int] = ..., timeline: _Optional[_Iterable[_Union[TimelineEvent, _Mapping]]] = ..., redacted: _Optional[bool] = ...) -> None: ...

class TimelineEvent(_message.Message):
    __slots__ = ("offset_ms", "token_count")
    OFFSET_MS_FIELD_NUMBER: _ClassVar[int]
    TOKEN_COUNT_FIELD_NUMBER: _ClassVar[int]
    offset_ms: float
    token_count: int
    def __init__(self, offset_ms: _Optional[float] = ..., token_count: _Optional[int] = ...) -> None: ...

class Evaluation(_message.Message):
    __slots__ = ("name", "value", "threshold", "passed")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    PASSED_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: float
    threshold: float
    passed: bool
    def __init__(self, name: _Optional[str] = ..., value: _Optional[float] = ..., threshold: _Optional[float] = ..., passed: _Optional[bool] = ...) -> None: ...

class Feedback(_message.Message):
    __slots__ = ("feedback_id", "trace_id", "score", "label", "comment", "user_id", "created_at")
    FEEDBACK_ID_FIELD_NUMBER: _ClassVar[int]
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    feedback_id: str
    trace_id: str
    score: float
    label: str
    comment: str
    user_id: str
    created_at: _timestamp_pb2.Timestamp
    def __init__(self, feedback_id: _Optional[str] = ..., trace_id: _Optional[str] = ..., score: _Optional[float] = ..., label: _Optional[str] = ..., comment: _Optional[str] = ..., user_id: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListTracesRequest(_message.Message):
    __slots__ = ("to", "start_time", "end_time", "trace_id", "project_id", "session_id", "user_id", "provider", "model", "environment", "operation_type", "min_duration", "max_duration", "min_duration_ms", "max_duration_ms", "min_cost", "max_cost", "min_tokens", "max_tokens", "status", "status_code", "tags", "tags_all", "search", "cursor", "limit", "sort_by", "sort_order", "fields", "include", "run_id")
    FROM_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    OPERATION_TYPE_FIELD_NUMBER: _ClassVar[int]
    MIN_DURATION_FIELD_NUMBER: _ClassVar[int]
    MAX_DURATION_FIELD_NUMBER: _ClassVar[int]
    MIN_DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    MAX_DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    MIN_COST_FIELD_NUMBER: _ClassVar[int]
    MAX_COST_FIELD_NUMBER: _ClassVar[int]
    MIN_TOKENS_FIELD_NUMBER: _ClassVar[int]
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    STATUS_CODE_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    TAGS_ALL_FIELD_NUMBER: _ClassVar[int]
    SEARCH_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    SORT_BY_FIELD_NUMBER: _ClassVar[int]
    SORT_ORDER_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    to: str
    start_time: str
    end_time: str
    trace_id: str
    project_id: str
    session_id: str
    user_id: str
    provider: str
    model: str
    environment: str
    operation_type: str
    min_duration: float
    max_duration: float
    min_duration_ms: float
    max_duration_ms: float
    min_cost: float
    max_cost: float
    min_tokens: int
    max_tokens: int
    status: str
    status_code: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    tags_all: _containers.RepeatedScalarFieldContainer[str]
    search: str
    cursor: str
    limit: int
    sort_by: str
    sort_order: str
    fields: _containers.RepeatedScalarFieldContainer[str]
    include: _containers.RepeatedScalarFieldContainer[str]
    run_id: str
    def __init__(self, to: _Optional[str] = ..., start_time: _Optional[str] = ..., end_time: _Optional[str] = ..., trace_id: _Optional[str] = ..., project_id: _Optional[str] = ..., session_id: _Optional[str] = ..., user_id: _Optional[str] = ..., provider: _Optional[str] = ..., model: _Optional[str] = ..., environment: _Optional[str] = ..., operation_type: _Optional[str] = ..., min_duration: _Optional[float] = ..., max_duration: _Optional[float] = ..., min_duration_ms: _Optional[float] = ..., max_duration_ms: _Optional[float] = ..., min_cost: _Optional[float] = ..., max_cost: _Optional[float] = ..., min_tokens: _Optional[int] = ..., max_tokens: _Optional[int] = ..., status: _Optional[str] = ..., status_code: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., tags_all: _Optional[_Iterable[str]] = ..., search: _Optional[str] = ..., cursor: _Optional[str] = ..., limit: _Optional[int] = ..., sort_by: _Optional[str] = ..., sort_order: _Optional[str] = ..., fields: _Optional[_Iterable[str]] = ..., include: _Optional[_Iterable[str]] = ..., run_id: _Optional[str] = ..., **kwargs) -> None: ...

class ListTracesResponse(_message.Message):
    __slots__ = ("status", "data", "pagination", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    PAGINATION_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: _containers.RepeatedCompositeFieldContainer[Trace]
    pagination: _envelope_pb2.Pagination
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Iterable[_Union[Trace, _Mapping]]] = ..., pagination: _Optional[_Union[_envelope_pb2.Pagination, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class TraceFilter(_message.Message):
    __slots__ = ("field", "operator", "value", "filters")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    FILTERS_FIELD_NUMBER: _ClassVar[int]
    field: str
    operator: str
    value: _struct_pb2.Value
    filters: _containers.RepeatedCompositeFieldContainer[TraceFilter]
    def __init__(self, field: _Optional[str] = ..., operator: _Optional[str] = ..., value: _Optional[_Union[_struct_pb2.Value, _Mapping]] = ..., filters: _Optional[_Iterable[_Union[TraceFilter, _Mapping]]] = ...) -> None: ...

class SearchTracesRequest(_message.Message):
    __slots__ = ("filter", "sort_by", "sort_desc", "cursor", "limit", "fields")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    SORT_BY_FIELD_NUMBER: _ClassVar[int]
    SORT_DESC_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    filter: TraceFilter
    sort_by: str
    sort_desc: bool
    cursor: str
    limit: int
    fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, filter: _Optional[_Union[TraceFilter, _Mapping]] = ..., sort_by: _Optional[str] = ..., sort_desc: _Optional[bool] = ..., cursor: _Optional[str] = ..., limit: _Optional[int] = ..., fields: _Optional[_Iterable[str]] = ...) -> None: ...

class SearchTracesResponse(_message.Message):
    __slots__ = ("status", "data", "pagination", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    PAGINATION_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: _containers.RepeatedCompositeFieldContainer[Trace]
    pagination: _envelope_pb2.Pagination
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Iterable[_Union[Trace, _Mapping]]] = ..., pagination: _Optional[_Union[_envelope_pb2.Pagination, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class GetTraceRequest(_message.Message):
    __slots__ = ("trace_id", "include", "fields")
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    trace_id: str
    include: _containers.RepeatedScalarFieldContainer[str]
    fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, trace_id: _Optional[str] = ..., include: _Optional[_Iterable[str]] = ..., fields: _Optional[_Iterable[str]] = ...) -> None: ...

class GetTraceResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: Trace
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[Trace, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class BatchGetTracesRequest(_message.Message):
    __slots__ = ("trace_ids", "include", "fields")
    TRACE_IDS_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    trace_ids: _containers.RepeatedScalarFieldContainer[str]
    include: _containers.RepeatedScalarFieldContainer[str]
    fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, trace_ids: _Optional[_Iterable[str]] = ..., include: _Optional[_Iterable[str]] = ..., fields: _Optional[_Iterable[str]] = ...) -> None: ...

class BatchGetTracesResponse(_message.Message):
    __slots__ = ("status", "data", "not_found", "left_out", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    NOT_FOUND_FIELD_NUMBER: _ClassVar[int]
    LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: _containers.RepeatedCompositeFieldContainer[Trace]
    not_found: _containers.RepeatedScalarFieldContainer[str]
    left_out: _containers.RepeatedScalarFieldContainer[str]
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Iterable[_Union[Trace, _Mapping]]] = ..., not_found: _Optional[_Iterable[str]] = ..., left_out: _Optional[_Iterable[str]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...

class WriteFeedbackRequest(_message.Message):
    __slots__ = ("trace_id", "score", "label", "comment", "user_id", "request_id")
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    trace_id: str
    score: float
    label: str
    comment: str
    user_id: str
    request_id: str
    def __init__(self, trace_id: _Optional[str] = ..., score: _Optional[float] = ..., label: _Optional[str] = ..., comment: _Optional[str] = ..., user_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class WriteFeedbackResponse(_message.Message):
    __slots__ = ("status", "data", "meta")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    status: str
    data: Feedback
    meta: _envelope_pb2.ResponseMeta
    def __init__(self, status: _Optional[str] = ..., data: _Optional[_Union[Feedback, _Mapping]] = ..., meta: _Optional[_Union[_envelope_pb2.ResponseMeta, _Mapping]] = ...) -> None: ...
