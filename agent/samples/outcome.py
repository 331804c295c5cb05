"""The words for how a request ended, with the numbers they have in sample.proto."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Status(IntEnum):
    """Outcome of one request (sample.proto SampleStatus)."""

    OK = 1
    ERROR = 2
    CANCELLED = 3
    CENSORED = 4


class ErrorClass(IntEnum):
    """Way in which a request failed (sample.proto ErrorClass)."""

    NONE = 0
    CONNECT = 1
    DNS = 2
    TLS = 3
    TIMEOUT = 4
    HTTP_4XX = 5
    HTTP_429 = 6
    HTTP_5XX = 7
    PROTOCOL = 8
    TRUNCATED = 9
    EMPTY = 10
    SERVER_ERROR_EVENT = 11
    CLIENT = 12
    DENIED = 13


class TokenSource(IntEnum):
    """Who counted the tokens of a request (sample.proto TokenSource)."""

    NONE = 0
    SERVER = 1
    TOKENIZER = 2
    EVENTS = 3


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a request cannot succeed: its class and a sentence, not yet sanitized, for the user."""

    error_class: ErrorClass
    message: str
