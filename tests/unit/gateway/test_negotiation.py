"""What clients say they take."""

import pytest

from gateway.negotiation import coding_for, is_accepted

CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("", ""),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("GZIP;Q=1.0", "gzip"),
        ("gzip;q=1.0, zstd;q=0.5", "gzip"),
        ("gzip;q=0", ""),
        ("gzip;q=0, *;q=0.1", "zstd"),
        ("*", "zstd"),
        ("*;q=0", ""),
        ("br, deflate", ""),
        ("identity;q=1, gzip;q=0.5", ""),
        ("identity;q=0.5, gzip", "gzip"),
        ("gzip;q=2", ""),
        ("gzip;q=x, zstd;q=0.0001", ""),
        (";;,,=,q=1,\xff", ""),
        ("x," * 5_000 + "gzip", ""),
    ],
)
def test_how_answers_are_compressed(header, coding):
    assert coding_for(header) == coding


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("", True),
        ("*/*", True),
        (CHROME, True),
        ("application/json", True),
        ("APPLICATION/JSON; charset=utf-8; q=0.1", True),
        ("application/*", True),
        ("text/html", False),
        ("text/html, application/json;q=0", False),
        ("application/json;q=0, */*", False),
        ("*/*;q=0, application/*", True),
        ("nonsense", True),
        ("text/html;q=nonsense", True),
        (",;q=,\xff", True),
    ],
)
def test_whether_json_is_accepted(header, accepted):
    assert is_accepted("application/json", header) is accepted
