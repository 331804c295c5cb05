import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AnalysisMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ANALYSIS_MODE_UNSPECIFIED: _ClassVar[AnalysisMode]
    ANALYSIS_MODE_RULES: _ClassVar[AnalysisMode]
    ANALYSIS_MODE_LLM: _ClassVar[AnalysisMode]
ANALYSIS_MODE_UNSPECIFIED: AnalysisMode
ANALYSIS_MODE_RULES: AnalysisMode
ANALYSIS_MODE_LLM: AnalysisMode

class AnalyzeRunRequest(_message.Message):
    __slots__ = ("run_id", "mode", "language", "refresh", "server_url", "model", "is_thinking_model")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    REFRESH_FIELD_NUMBER: _ClassVar[int]
    SERVER_URL_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    IS_THINKING_MODEL_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    mode: AnalysisMode
    language: str
    refresh: bool
    server_url: str
    model: str
    is_thinking_model: bool
    def __init__(self, run_id: _Optional[str] = ..., mode: _Optional[_Union[AnalysisMode, str]] = ..., language: _Optional[str] = ..., refresh: _Optional[bool] = ..., server_url: _Optional[str] = ..., model: _Optional[str] = ..., is_thinking_model: _Optional[bool] = ...) -> None: ...

class AnalyzeRunResponse(_message.Message):
    __slots__ = ("thinking", "content", "analysis")
    THINKING_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    ANALYSIS_FIELD_NUMBER: _ClassVar[int]
    thinking: bool
    content: str
    analysis: Analysis
    def __init__(self, thinking: _Optional[bool] = ..., content: _Optional[str] = ..., analysis: _Optional[_Union[Analysis, _Mapping]] = ...) -> None: ...

class Analysis(_message.Message):
    __slots__ = ("run_id", "mode", "language", "model", "text", "findings", "created_at")
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    run_id: str
    mode: AnalysisMode
    language: str
    model: str
    text: str
    findings: _containers.RepeatedCompositeFieldContainer[AnalysisFinding]
    created_at: _timestamp_pb2.Timestamp
    def __init__(self, run_id: _Optional[str] = ..., mode: _Optional[_Union[AnalysisMode, str]] = ..., language: _Optional[str] = ..., model: _Optional[str] = ..., text: _Optional[str] = ..., findings: _Optional[_Iterable[_Union[AnalysisFinding, _Mapping]]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AnalysisFinding(_message.Message):
    __slots__ = ("code", "severity", "title", "sentences", "numbers")
    class NumbersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    CODE_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    SENTENCES_FIELD_NUMBER: _ClassVar[int]
    NUMBERS_FIELD_NUMBER: _ClassVar[int]
    code: str
    severity: str
    title: str
    sentences: _containers.RepeatedScalarFieldContainer[str]
    numbers: _containers.ScalarMap[str, float]
    def __init__(self, code: _Optional[str] = ..., severity: _Optional[str] = ..., title: _Optional[str] = ..., sentences: _Optional[_Iterable[str]] = ..., numbers: _Optional[_Mapping[str, float]] = ...) -> None: ...
