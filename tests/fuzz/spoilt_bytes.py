"""What comes instead of a message: torn, flipped, endless, or never one at all."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from loadcell.channel import MAX_MESSAGE_BYTES

_DELIMITED = 2  # wire type of texts and messages


def spoil(random: Random, whole: bytes) -> bytes:
    """Return something like a message that was serialized, in one of many ways."""
    return random.choice(WAYS)(random, whole)


def _torn(random: Random, whole: bytes) -> bytes:
    return whole[: random.randrange(len(whole) + 1)]


def _flipped(random: Random, whole: bytes) -> bytes:
    spoilt = bytearray(whole or b"\0")
    for _ in range(random.choice((1, 1, 8))):
        spoilt[random.randrange(len(spoilt))] ^= 1 << random.randrange(8)
    return bytes(spoilt)


def _any(random: Random, _whole: bytes) -> bytes:
    return random.randbytes(random.choice((1, 2, 16, 1_000)))


def _twice(_random: Random, whole: bytes) -> bytes:
    return whole + whole  # each field again: the last counts, lists grow


def _unknown(random: Random, whole: bytes) -> bytes:
    number = random.choice((1_000, 50_001, 2**29 - 1))
    return whole + _tag(number, _DELIMITED) + _varint(3) + b"abc"


def _other_type(random: Random, whole: bytes) -> bytes:
    return whole + _tag(random.randrange(1, 20), random.randrange(8)) + random.randbytes(9)


def _announced(random: Random, whole: bytes) -> bytes:
    return whole + _tag(random.randrange(1, 20), _DELIMITED) + _varint(random.choice((2**31, 2**63))) + b"x"


def _endless_number(random: Random, whole: bytes) -> bytes:
    return whole + _tag(random.randrange(1, 20), 0) + b"\xff" * random.choice((11, 1_000)) + b"\x01"


def _nested(random: Random, _whole: bytes) -> bytes:
    tag, content = _tag(random.randrange(1, 8), _DELIMITED), b""
    for _ in range(random.choice((50, 99, 101, 2_000))):
        content = tag + _varint(len(content)) + content
    return content


def _huge(random: Random, whole: bytes) -> bytes:
    size = random.choice((200_000, 1_000_000, MAX_MESSAGE_BYTES - 1_000, MAX_MESSAGE_BYTES + 1))
    return whole + _tag(random.randrange(1, 20), _DELIMITED) + _varint(size) + b"x" * size


WAYS: tuple[Callable[[Random, bytes], bytes], ...] = (
    _torn, _torn, _flipped, _flipped, _any, _twice, _unknown, _other_type, _announced, _endless_number, _nested,
    _huge,
)  # fmt: skip


def _tag(number: int, wire_type: int) -> bytes:
    return _varint(number << 3 | wire_type)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
