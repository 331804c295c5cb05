from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SampleStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SAMPLE_STATUS_UNSPECIFIED: _ClassVar[SampleStatus]
    SAMPLE_STATUS_OK: _ClassVar[SampleStatus]
    SAMPLE_STATUS_ERROR: _ClassVar[SampleStatus]
    SAMPLE_STATUS_CANCELLED: _ClassVar[SampleStatus]
    SAMPLE_STATUS_CENSORED: _ClassVar[SampleStatus]

class ErrorClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ERROR_CLASS_UNSPECIFIED: _ClassVar[ErrorClass]
    ERROR_CLASS_CONNECT: _ClassVar[ErrorClass]
    ERROR_CLASS_DNS: _ClassVar[ErrorClass]
    ERROR_CLASS_TLS: _ClassVar[ErrorClass]
    ERROR_CLASS_TIMEOUT: _ClassVar[ErrorClass]
    ERROR_CLASS_HTTP_4XX: _ClassVar[ErrorClass]
    ERROR_CLASS_HTTP_429: _ClassVar[ErrorClass]
    ERROR_CLASS_HTTP_5XX: _ClassVar[ErrorClass]
    ERROR_CLASS_PROTOCOL: _ClassVar[ErrorClass]
    ERROR_CLASS_TRUNCATED: _ClassVar[ErrorClass]
    ERROR_CLASS_EMPTY: _ClassVar[ErrorClass]
    ERROR_CLASS_SERVER_ERROR_EVENT: _ClassVar[ErrorClass]
    ERROR_CLASS_CLIENT: _ClassVar[ErrorClass]
    ERROR_CLASS_DENIED: _ClassVar[ErrorClass]

class TokenSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TOKEN_SOURCE_UNSPECIFIED: _ClassVar[TokenSource]
    TOKEN_SOURCE_SERVER: _ClassVar[TokenSource]
    TOKEN_SOURCE_TOKENIZER: _ClassVar[TokenSource]
    TOKEN_SOURCE_EVENTS: _ClassVar[TokenSource]
SAMPLE_STATUS_UNSPECIFIED: SampleStatus
SAMPLE_STATUS_OK: SampleStatus
SAMPLE_STATUS_ERROR: SampleStatus
SAMPLE_STATUS_CANCELLED: SampleStatus
SAMPLE_STATUS_CENSORED: SampleStatus
ERROR_CLASS_UNSPECIFIED: ErrorClass
ERROR_CLASS_CONNECT: ErrorClass
ERROR_CLASS_DNS: ErrorClass
ERROR_CLASS_TLS: ErrorClass
ERROR_CLASS_TIMEOUT: ErrorClass
ERROR_CLASS_HTTP_4XX: ErrorClass
ERROR_CLASS_HTTP_429: ErrorClass
ERROR_CLASS_HTTP_5XX: ErrorClass
ERROR_CLASS_PROTOCOL: ErrorClass
ERROR_CLASS_TRUNCATED: ErrorClass
ERROR_CLASS_EMPTY: ErrorClass
ERROR_CLASS_SERVER_ERROR_EVENT: ErrorClass
ERROR_CLASS_CLIENT: ErrorClass
ERROR_CLASS_DENIED: ErrorClass
TOKEN_SOURCE_UNSPECIFIED: TokenSource
TOKEN_SOURCE_SERVER: TokenSource
TOKEN_SOURCE_TOKENIZER: TokenSource
TOKEN_SOURCE_EVENTS: TokenSource

class SampleColumns(_message.Message):
    __slots__ = ("row_count", "ordinal", "warmup", "scheduled_offset_micros", "start_offset_micros", "dns_micros", "connect_micros", "tls_micros", "ttft_micros", "ttfot_micros", "e2e_micros", "tpot_micros", "prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens", "first_event_tokens", "event_count", "token_source", "status", "error_class", "http_status", "client_delay_micros", "stall_count", "longest_stall_micros", "reused", "coalesced_reads", "read_count", "requested_tokens", "finish_reason", "finish_reasons", "errors", "timelines", "sketches", "input_texts", "output_texts")
    ROW_COUNT_FIELD_NUMBER: _ClassVar[int]
    ORDINAL_FIELD_NUMBER: _ClassVar[int]
    WARMUP_FIELD_NUMBER: _ClassVar[int]
    SCHEDULED_OFFSET_MICROS_FIELD_NUMBER: _ClassVar[int]
    START_OFFSET_MICROS_FIELD_NUMBER: _ClassVar[int]
    DNS_MICROS_FIELD_NUMBER: _ClassVar[int]
    CONNECT_MICROS_FIELD_NUMBER: _ClassVar[int]
    TLS_MICROS_FIELD_NUMBER: _ClassVar[int]
    TTFT_MICROS_FIELD_NUMBER: _ClassVar[int]
    TTFOT_MICROS_FIELD_NUMBER: _ClassVar[int]
    E2E_MICROS_FIELD_NUMBER: _ClassVar[int]
    TPOT_MICROS_FIELD_NUMBER: _ClassVar[int]
    PROMPT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    COMPLETION_TOKENS_FIELD_NUMBER: _ClassVar[int]
    REASONING_TOKENS_FIELD_NUMBER: _ClassVar[int]
    CACHED_TOKENS_FIELD_NUMBER: _ClassVar[int]
    FIRST_EVENT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    EVENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    TOKEN_SOURCE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ERROR_CLASS_FIELD_NUMBER: _ClassVar[int]
    HTTP_STATUS_FIELD_NUMBER: _ClassVar[int]
    CLIENT_DELAY_MICROS_FIELD_NUMBER: _ClassVar[int]
    STALL_COUNT_FIELD_NUMBER: _ClassVar[int]
    LONGEST_STALL_MICROS_FIELD_NUMBER: _ClassVar[int]
    REUSED_FIELD_NUMBER: _ClassVar[int]
    COALESCED_READS_FIELD_NUMBER: _ClassVar[int]
    READ_COUNT_FIELD_NUMBER: _ClassVar[int]
    REQUESTED_TOKENS_FIELD_NUMBER: _ClassVar[int]
    FINISH_REASON_FIELD_NUMBER: _ClassVar[int]
    FINISH_REASONS_FIELD_NUMBER: _ClassVar[int]
    ERRORS_FIELD_NUMBER: _ClassVar[int]
    TIMELINES_FIELD_NUMBER: _ClassVar[int]
    SKETCHES_FIELD_NUMBER: _ClassVar[int]
    INPUT_TEXTS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_TEXTS_FIELD_NUMBER: _ClassVar[int]
    row_count: int
    ordinal: _containers.RepeatedScalarFieldContainer[int]
    warmup: _containers.RepeatedScalarFieldContainer[int]
    scheduled_offset_micros: _containers.RepeatedScalarFieldContainer[int]
    start_offset_micros: _containers.RepeatedScalarFieldContainer[int]
    dns_micros: _containers.RepeatedScalarFieldContainer[int]
    connect_micros: _containers.RepeatedScalarFieldContainer[int]
    tls_micros: _containers.RepeatedScalarFieldContainer[int]
    ttft_micros: _containers.RepeatedScalarFieldContainer[int]
    ttfot_micros: _containers.RepeatedScalarFieldContainer[int]
    e2e_micros: _containers.RepeatedScalarFieldContainer[int]
    tpot_micros: _containers.RepeatedScalarFieldContainer[float]
    prompt_tokens: _containers.RepeatedScalarFieldContainer[int]
    completion_tokens: _containers.RepeatedScalarFieldContainer[int]
    reasoning_tokens: _containers.RepeatedScalarFieldContainer[int]
    cached_tokens: _containers.RepeatedScalarFieldContainer[int]
    first_event_tokens: _containers.RepeatedScalarFieldContainer[int]
    event_count: _containers.RepeatedScalarFieldContainer[int]
    token_source: _containers.RepeatedScalarFieldContainer[TokenSource]
    status: _containers.RepeatedScalarFieldContainer[SampleStatus]
    error_class: _containers.RepeatedScalarFieldContainer[ErrorClass]
    http_status: _containers.RepeatedScalarFieldContainer[int]
    client_delay_micros: _containers.RepeatedScalarFieldContainer[int]
    stall_count: _containers.RepeatedScalarFieldContainer[int]
    longest_stall_micros: _containers.RepeatedScalarFieldContainer[int]
    reused: _containers.RepeatedScalarFieldContainer[int]
    coalesced_reads: _containers.RepeatedScalarFieldContainer[int]
    read_count: _containers.RepeatedScalarFieldContainer[int]
    requested_tokens: _containers.RepeatedScalarFieldContainer[int]
    finish_reason: _containers.RepeatedScalarFieldContainer[int]
    finish_reasons: _containers.RepeatedScalarFieldContainer[str]
    errors: _containers.RepeatedCompositeFieldContainer[SampleError]
    timelines: _containers.RepeatedScalarFieldContainer[bytes]
    sketches: _containers.RepeatedCompositeFieldContainer[Sketch]
    input_texts: _containers.RepeatedScalarFieldContainer[str]
    output_texts: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, row_count: _Optional[int] = ..., ordinal: _Optional[_Iterable[int]] = ..., warmup: _Optional[_Iterable[int]] = ..., scheduled_offset_micros: _Optional[_Iterable[int]] = ..., start_offset_micros: _Optional[_Iterable[int]] = ..., dns_micros: _Optional[_Iterable[int]] = ..., connect_micros: _Optional[_Iterable[int]] = ..., tls_micros: _Optional[_Iterable[int]] = ..., ttft_micros: _Optional[_Iterable[int]] = ..., ttfot_micros: _Optional[_Iterable[int]] = ..., e2e_micros: _Optional[_Iterable[int]] = ..., tpot_micros: _Optional[_Iterable[float]] = ..., prompt_tokens: _Optional[_Iterable[int]] = ..., completion_tokens: _Optional[_Iterable[int]] = ..., reasoning_tokens: _Optional[_Iterable[int]] = ..., cached_tokens: _Optional[_Iterable[int]] = ..., first_event_tokens: _Optional[_Iterable[int]] = ..., event_count: _Optional[_Iterable[int]] = ..., token_source: _Optional[_Iterable[_Union[TokenSource, str]]] = ..., status: _Optional[_Iterable[_Union[SampleStatus, str]]] = ..., error_class: _Optional[_Iterable[_Union[ErrorClass, str]]] = ..., http_status: _Optional[_Iterable[int]] = ..., client_delay_micros: _Optional[_Iterable[int]] = ..., stall_count: _Optional[_Iterable[int]] = ..., longest_stall_micros: _Optional[_Iterable[int]] = ..., reused: _Optional[_Iterable[int]] = ..., coalesced_reads: _Optional[_Iterable[int]] = ..., read_count: _Optional[_Iterable[int]] = ..., requested_tokens: _Optional[_Iterable[int]] = ..., finish_reason: _Optional[_Iterable[int]] = ..., finish_reasons: _Optional[_Iterable[str]] = ..., errors: _Optional[_Iterable[_Union[SampleError, _Mapping]]] = ..., timelines: _Optional[_Iterable[bytes]] = ..., sketches: _Optional[_Iterable[_Union[Sketch, _Mapping]]] = ..., input_texts: _Optional[_Iterable[str]] = ..., output_texts: _Optional[_Iterable[str]] = ...) -> None: ...

class SampleError(_message.Message):
    __slots__ = ("row", "message")
    ROW_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    row: int
    message: str
    def __init__(self, row: _Optional[int] = ..., message: _Optional[str] = ...) -> None: ...

class Sketch(_message.Message):
    __slots__ = ("metric", "accuracy", "zero_count", "bucket_deltas", "bucket_counts", "sum", "sum_squares", "min", "max")
    METRIC_FIELD_NUMBER: _ClassVar[int]
    ACCURACY_FIELD_NUMBER: _ClassVar[int]
    ZERO_COUNT_FIELD_NUMBER: _ClassVar[int]
    BUCKET_DELTAS_FIELD_NUMBER: _ClassVar[int]
    BUCKET_COUNTS_FIELD_NUMBER: _ClassVar[int]
    SUM_FIELD_NUMBER: _ClassVar[int]
    SUM_SQUARES_FIELD_NUMBER: _ClassVar[int]
    MIN_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    metric: str
    accuracy: float
    zero_count: int
    bucket_deltas: _containers.RepeatedScalarFieldContainer[int]
    bucket_counts: _containers.RepeatedScalarFieldContainer[int]
    sum: float
    sum_squares: float
    min: float
    max: float
    def __init__(self, metric: _Optional[str] = ..., accuracy: _Optional[float] = ..., zero_count: _Optional[int] = ..., bucket_deltas: _Optional[_Iterable[int]] = ..., bucket_counts: _Optional[_Iterable[int]] = ..., sum: _Optional[float] = ..., sum_squares: _Optional[float] = ..., min: _Optional[float] = ..., max: _Optional[float] = ...) -> None: ...

class SampleSums(_message.Message):
    __slots__ = ("counts", "extremes", "errors", "finish_reasons", "token_sources", "sketches", "seconds", "ticks", "tick_counts", "tick_flows")
    class CountsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class ExtremesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class ErrorsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: int
        def __init__(self, key: _Optional[int] = ..., value: _Optional[int] = ...) -> None: ...
    class FinishReasonsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class TokenSourcesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: int
        def __init__(self, key: _Optional[int] = ..., value: _Optional[int] = ...) -> None: ...
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    EXTREMES_FIELD_NUMBER: _ClassVar[int]
    ERRORS_FIELD_NUMBER: _ClassVar[int]
    FINISH_REASONS_FIELD_NUMBER: _ClassVar[int]
    TOKEN_SOURCES_FIELD_NUMBER: _ClassVar[int]
    SKETCHES_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    TICKS_FIELD_NUMBER: _ClassVar[int]
    TICK_COUNTS_FIELD_NUMBER: _ClassVar[int]
    TICK_FLOWS_FIELD_NUMBER: _ClassVar[int]
    counts: _containers.ScalarMap[str, int]
    extremes: _containers.ScalarMap[str, int]
    errors: _containers.ScalarMap[int, int]
    finish_reasons: _containers.ScalarMap[str, int]
    token_sources: _containers.ScalarMap[int, int]
    sketches: _containers.RepeatedCompositeFieldContainer[Sketch]
    seconds: _containers.RepeatedCompositeFieldContainer[SecondSketch]
    ticks: _containers.RepeatedScalarFieldContainer[int]
    tick_counts: _containers.RepeatedScalarFieldContainer[int]
    tick_flows: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, counts: _Optional[_Mapping[str, int]] = ..., extremes: _Optional[_Mapping[str, int]] = ..., errors: _Optional[_Mapping[int, int]] = ..., finish_reasons: _Optional[_Mapping[str, int]] = ..., token_sources: _Optional[_Mapping[int, int]] = ..., sketches: _Optional[_Iterable[_Union[Sketch, _Mapping]]] = ..., seconds: _Optional[_Iterable[_Union[SecondSketch, _Mapping]]] = ..., ticks: _Optional[_Iterable[int]] = ..., tick_counts: _Optional[_Iterable[int]] = ..., tick_flows: _Optional[_Iterable[float]] = ...) -> None: ...

class SecondSketch(_message.Message):
    __slots__ = ("second", "sketch")
    SECOND_FIELD_NUMBER: _ClassVar[int]
    SKETCH_FIELD_NUMBER: _ClassVar[int]
    second: int
    sketch: Sketch
    def __init__(self, second: _Optional[int] = ..., sketch: _Optional[_Union[Sketch, _Mapping]] = ...) -> None: ...
