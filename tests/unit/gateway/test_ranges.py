"""Ranges of bytes as RFC 9110 has them."""

from __future__ import annotations

import pytest

from gateway.ranges import UnsatisfiableError, read_range


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=0-99", (0, 100)),
        ("bytes=0-100", (0, 100)),
        ("bytes=99-", (99, 1)),
        ("Bytes=10-19", (10, 10)),
        ("bytes=-1", (99, 1)),
        ("bytes=-1000", (0, 100)),
        ("", None),
        ("bytes=", None),
        ("bytes=-", None),
        ("bytes=5-4", None),
        ("bytes=a-b", None),
        ("bytes=0-1,3-4", None),
        ("pages=1-2", None),
        ("bytes=0-" + "9" * 30, None),
    ],
)
def test_a_range_is_read_or_left_out_of_account(header, part):
    assert read_range(header, 100) == part


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=100-", 100), ("bytes=-0", 100), ("bytes=0-", 0), ("bytes=-5", 0)]
)
def test_what_no_byte_is_in_cannot_be_satisfied(header, size):
    with pytest.raises(UnsatisfiableError):
        read_range(header, size)
