from loadcell.v1 import options_pb2 as _options_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CapacityQuestion(_message.Message):
    __slots__ = ("workload", "headroom_percent", "infra")
    WORKLOAD_FIELD_NUMBER: _ClassVar[int]
    HEADROOM_PERCENT_FIELD_NUMBER: _ClassVar[int]
    INFRA_FIELD_NUMBER: _ClassVar[int]
    workload: ExpectedWorkload
    headroom_percent: float
    infra: KnownInfra
    def __init__(self, workload: _Optional[_Union[ExpectedWorkload, _Mapping]] = ..., headroom_percent: _Optional[float] = ..., infra: _Optional[_Union[KnownInfra, _Mapping]] = ...) -> None: ...

class ExpectedWorkload(_message.Message):
    __slots__ = ("peak_concurrency", "daily_active_users", "requests_per_user_per_day", "avg_input_tokens", "avg_output_tokens", "ttft_target_ms", "tpot_target_ms", "goodput_target_percent")
    PEAK_CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    DAILY_ACTIVE_USERS_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_PER_USER_PER_DAY_FIELD_NUMBER: _ClassVar[int]
    AVG_INPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    AVG_OUTPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    TTFT_TARGET_MS_FIELD_NUMBER: _ClassVar[int]
    TPOT_TARGET_MS_FIELD_NUMBER: _ClassVar[int]
    GOODPUT_TARGET_PERCENT_FIELD_NUMBER: _ClassVar[int]
    peak_concurrency: int
    daily_active_users: int
    requests_per_user_per_day: float
    avg_input_tokens: int
    avg_output_tokens: int
    ttft_target_ms: float
    tpot_target_ms: float
    goodput_target_percent: float
    def __init__(self, peak_concurrency: _Optional[int] = ..., daily_active_users: _Optional[int] = ..., requests_per_user_per_day: _Optional[float] = ..., avg_input_tokens: _Optional[int] = ..., avg_output_tokens: _Optional[int] = ..., ttft_target_ms: _Optional[float] = ..., tpot_target_ms: _Optional[float] = ..., goodput_target_percent: _Optional[float] = ...) -> None: ...

class KnownInfra(_message.Message):
    __slots__ = ("gpu_model", "gpu_count", "gpu_memory_gb", "tensor_parallelism", "gpu_hourly_cost_usd")
    GPU_MODEL_FIELD_NUMBER: _ClassVar[int]
    GPU_COUNT_FIELD_NUMBER: _ClassVar[int]
    GPU_MEMORY_GB_FIELD_NUMBER: _ClassVar[int]
    TENSOR_PARALLELISM_FIELD_NUMBER: _ClassVar[int]
    GPU_HOURLY_COST_USD_FIELD_NUMBER: _ClassVar[int]
    gpu_model: str
    gpu_count: int
    gpu_memory_gb: float
    tensor_parallelism: int
    gpu_hourly_cost_usd: float
    def __init__(self, gpu_model: _Optional[str] = ..., gpu_count: _Optional[int] = ..., gpu_memory_gb: _Optional[float] = ..., tensor_parallelism: _Optional[int] = ..., gpu_hourly_cost_usd: _Optional[float] = ...) -> None: ...
