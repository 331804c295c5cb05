"""How enum values are written: RUN_STATE_RUNNING is "running"."""

from __future__ import annotations

from functools import cache

from google.protobuf.descriptor import EnumDescriptor

_ZERO = "UNSPECIFIED"


@cache
def words(enum: EnumDescriptor) -> dict[int, str]:
    """Return the word of every number, lower case without the prefix all values of the enum share.

    The prefix is what stands before UNSPECIFIED in the value of number 0; an enum without one has no prefix.
    """
    zero = enum.values_by_number[0].name if 0 in enum.values_by_number else ""
    prefix = zero.removesuffix(_ZERO) if zero.endswith(_ZERO) else ""
    return {value.number: value.name.removeprefix(prefix).lower() for value in enum.values}


@cache
def numbers(enum: EnumDescriptor) -> dict[str, int]:
    """Return the number of every accepted lower-case spelling, with and without the prefix."""
    full = {value.name.lower(): value.number for value in enum.values}
    return full | {word: number for number, word in words(enum).items()}
