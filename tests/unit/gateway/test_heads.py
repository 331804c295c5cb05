"""Heads of requests that the parser lets through."""

import pytest

from gateway.heads import MAX_HEAD_BYTES, MAX_HEADERS, fault_of

HOST = (b"host", b"x")
CHUNKED = (b"transfer-encoding", b"Chunked")


@pytest.mark.parametrize(
    ("version", "headers", "status"),
    [
        ("1.1", [HOST], None),
        ("1.0", [], None),
        ("1.1", [HOST, CHUNKED], None),
        ("1.1", [HOST] + [(b"x", b"y")] * (MAX_HEADERS - 1), None),
        ("1.1", [HOST] + [(b"x", b"y")] * MAX_HEADERS, "431"),
        ("1.1", [HOST, (b"x", b"y" * MAX_HEAD_BYTES)], "431"),
        ("1.1", [], "400"),
        ("1.0", [HOST, HOST], "400"),
        ("1.0", [CHUNKED], "400"),
        ("1.1", [HOST, CHUNKED, CHUNKED], "501"),
        ("1.1", [HOST, (b"transfer-encoding", b"gzip")], "501"),
        ("2.0", [HOST], "505"),
        ("0.9", [], "505"),
    ],
)
def test_what_is_refused(version, headers, status):
    fault = fault_of(version, headers)
    assert (fault and fault.status.split()[0]) == status
