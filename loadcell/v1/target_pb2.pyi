from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Arrival(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ARRIVAL_UNSPECIFIED: _ClassVar[Arrival]
    ARRIVAL_CONSTANT: _ClassVar[Arrival]
    ARRIVAL_POISSON: _ClassVar[Arrival]
ARRIVAL_UNSPECIFIED: Arrival
ARRIVAL_CONSTANT: Arrival
ARRIVAL_POISSON: Arrival

class TargetSpec(_message.Message):
    __slots__ = ("server_url", "adapter", "model", "api_key", "headers", "stream", "timeout_micros", "tls_verify", "pin_output", "allowed_targets", "redact_texts")
    class HeadersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SERVER_URL_FIELD_NUMBER: _ClassVar[int]
    ADAPTER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    API_KEY_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_MICROS_FIELD_NUMBER: _ClassVar[int]
    TLS_VERIFY_FIELD_NUMBER: _ClassVar[int]
    PIN_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_TARGETS_FIELD_NUMBER: _ClassVar[int]
    REDACT_TEXTS_FIELD_NUMBER: _ClassVar[int]
    server_url: str
    adapter: str
    model: str
    api_key: str
    headers: _containers.ScalarMap[str, str]
    stream: bool
    timeout_micros: int
    tls_verify: bool
    pin_output: bool
    allowed_targets: str
    redact_texts: bool
    def __init__(self, server_url: _Optional[str] = ..., adapter: _Optional[str] = ..., model: _Optional[str] = ..., api_key: _Optional[str] = ..., headers: _Optional[_Mapping[str, str]] = ..., stream: _Optional[bool] = ..., timeout_micros: _Optional[int] = ..., tls_verify: _Optional[bool] = ..., pin_output: _Optional[bool] = ..., allowed_targets: _Optional[str] = ..., redact_texts: _Optional[bool] = ...) -> None: ...

class WorkloadSpec(_message.Message):
    __slots__ = ("input_len", "output_len", "seed", "tokenizer_asset", "dataset_asset", "words_per_token", "record_texts")
    INPUT_LEN_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_LEN_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    TOKENIZER_ASSET_FIELD_NUMBER: _ClassVar[int]
    DATASET_ASSET_FIELD_NUMBER: _ClassVar[int]
    WORDS_PER_TOKEN_FIELD_NUMBER: _ClassVar[int]
    RECORD_TEXTS_FIELD_NUMBER: _ClassVar[int]
    input_len: int
    output_len: int
    seed: int
    tokenizer_asset: str
    dataset_asset: str
    words_per_token: float
    record_texts: bool
    def __init__(self, input_len: _Optional[int] = ..., output_len: _Optional[int] = ..., seed: _Optional[int] = ..., tokenizer_asset: _Optional[str] = ..., dataset_asset: _Optional[str] = ..., words_per_token: _Optional[float] = ..., record_texts: _Optional[bool] = ...) -> None: ...

class LevelPlan(_message.Message):
    __slots__ = ("index", "concurrency", "rate", "arrival", "max_concurrency", "request_count", "duration_micros", "warmup_count")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    ARRIVAL_FIELD_NUMBER: _ClassVar[int]
    MAX_CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_COUNT_FIELD_NUMBER: _ClassVar[int]
    DURATION_MICROS_FIELD_NUMBER: _ClassVar[int]
    WARMUP_COUNT_FIELD_NUMBER: _ClassVar[int]
    index: int
    concurrency: int
    rate: float
    arrival: Arrival
    max_concurrency: int
    request_count: int
    duration_micros: int
    warmup_count: int
    def __init__(self, index: _Optional[int] = ..., concurrency: _Optional[int] = ..., rate: _Optional[float] = ..., arrival: _Optional[_Union[Arrival, str]] = ..., max_concurrency: _Optional[int] = ..., request_count: _Optional[int] = ..., duration_micros: _Optional[int] = ..., warmup_count: _Optional[int] = ...) -> None: ...

class GoodputThresholds(_message.Message):
    __slots__ = ("ttft_ms", "tpot_ms", "e2e_ms")
    TTFT_MS_FIELD_NUMBER: _ClassVar[int]
    TPOT_MS_FIELD_NUMBER: _ClassVar[int]
    E2E_MS_FIELD_NUMBER: _ClassVar[int]
    ttft_ms: float
    tpot_ms: float
    e2e_ms: float
    def __init__(self, ttft_ms: _Optional[float] = ..., tpot_ms: _Optional[float] = ..., e2e_ms: _Optional[float] = ...) -> None: ...
