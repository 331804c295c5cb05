from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
EXPLICIT_NULLS_FIELD_NUMBER: _ClassVar[int]
explicit_nulls: _descriptor.FieldDescriptor
NON_EMPTY_FIELD_NUMBER: _ClassVar[int]
non_empty: _descriptor.FieldDescriptor
