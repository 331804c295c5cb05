import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from loadcell.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ValidationConfig(_message.Message):
    __slots__ = ("enabled", "docker_enabled", "container_name", "tolerance")
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    DOCKER_ENABLED_FIELD_NUMBER: _ClassVar[int]
    CONTAINER_NAME_FIELD_NUMBER: _ClassVar[int]
    TOLERANCE_FIELD_NUMBER: _ClassVar[int]
    enabled: bool
    docker_enabled: bool
    container_name: str
    tolerance: float
    def __init__(self, enabled: _Optional[bool] = ..., docker_enabled: _Optional[bool] = ..., container_name: _Optional[str] = ..., tolerance: _Optional[float] = ...) -> None: ...

class Validation(_message.Message):
    __slots__ = ("overall_passed", "tolerance", "validated_at", "prometheus_available", "prometheus_validation", "docker_available", "all_comparisons", "all_warnings")
    OVERALL_PASSED_FIELD_NUMBER: _ClassVar[int]
    TOLERANCE_FIELD_NUMBER: _ClassVar[int]
    VALIDATED_AT_FIELD_NUMBER: _ClassVar[int]
    PROMETHEUS_AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    PROMETHEUS_VALIDATION_FIELD_NUMBER: _ClassVar[int]
    DOCKER_AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    ALL_COMPARISONS_FIELD_NUMBER: _ClassVar[int]
    ALL_WARNINGS_FIELD_NUMBER: _ClassVar[int]
    overall_passed: bool
    tolerance: float
    validated_at: _timestamp_pb2.Timestamp
    prometheus_available: bool
    prometheus_validation: PrometheusValidation
    docker_available: bool
    all_comparisons: _containers.RepeatedCompositeFieldContainer[MetricComparison]
    all_warnings: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, overall_passed: _Optional[bool] = ..., tolerance: _Optional[float] = ..., validated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., prometheus_available: _Optional[bool] = ..., prometheus_validation: _Optional[_Union[PrometheusValidation, _Mapping]] = ..., docker_available: _Optional[bool] = ..., all_comparisons: _Optional[_Iterable[_Union[MetricComparison, _Mapping]]] = ..., all_warnings: _Optional[_Iterable[str]] = ...) -> None: ...

class PrometheusValidation(_message.Message):
    __slots__ = ("passed", "comparisons", "warnings")
    PASSED_FIELD_NUMBER: _ClassVar[int]
    COMPARISONS_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    passed: bool
    comparisons: _containers.RepeatedCompositeFieldContainer[MetricComparison]
    warnings: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, passed: _Optional[bool] = ..., comparisons: _Optional[_Iterable[_Union[MetricComparison, _Mapping]]] = ..., warnings: _Optional[_Iterable[str]] = ...) -> None: ...

class MetricComparison(_message.Message):
    __slots__ = ("metric_name", "client_value", "server_value", "difference_percent", "passed")
    METRIC_NAME_FIELD_NUMBER: _ClassVar[int]
    CLIENT_VALUE_FIELD_NUMBER: _ClassVar[int]
    SERVER_VALUE_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCE_PERCENT_FIELD_NUMBER: _ClassVar[int]
    PASSED_FIELD_NUMBER: _ClassVar[int]
    metric_name: str
    client_value: float
    server_value: float
    difference_percent: float
    passed: bool
    def __init__(self, metric_name: _Optional[str] = ..., client_value: _Optional[float] = ..., server_value: _Optional[float] = ..., difference_percent: _Optional[float] = ..., passed: _Optional[bool] = ...) -> None: ...
