"""Times in questions: RFC 3339 and relative ones."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcell.errors import LoadcellError
from loadcell.instants import Instant, read_time

NOW = 1_790_000_000_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
zones = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(timezones=zones))
def test_any_time_with_an_offset_is_read_exactly(time):
    assert read_time(time.isoformat(), NOW, "from").micros == (time - EPOCH) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t00:00:01.5z", 1_500_000),
        ("1970-01-01 00:00:00.000001999Z", 1),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T01:00:00 01:00", 0),  # a plus sign of a URL that was not escaped
        ("1969-12-31T23:59:59-00:30", 1_799_000_000),
        ("1970-01-01T00:00:10", 10_000_000),  # without an offset: UTC
        ("0001-01-01T00:00:00+23:59", -62_135_683_140_000_000),  # beyond Python's own calendar
    ],
)
def test_times(text, micros):
    assert read_time(text, NOW, "from") == Instant(micros)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("now", 0),
        ("now-90s", -90),
        ("now+5m", 300),
        ("now 5m", 300),
        ("now-1h", -3600),
        ("now-7d", -604_800),
        ("now-2w", -1_209_600),
    ],
)
def test_W31_relative_times_count_from_now(text, seconds):
    micros = seconds * 1_000_000
    assert read_time(text, NOW, "from") == Instant(NOW + micros, micros)


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "2026-01-31",
        "2026-02-30T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:60Z",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00Z; DROP TABLE traces",
        "٢٠٢٦-01-01T00:00:00Z",
        "1790000000",
        "now-",
        "now-1y",
        "now-1.5h",
        "now-99999999999s",
        "now-9999999999w",
        "now-1h\n",
        "NOW",
        "",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(LoadcellError) as refused:
        read_time(text, NOW, "from")
    assert refused.value.field == "from"
    assert refused.value.reason in {"INVALID_FIELD_FORMAT", "INVALID_FIELD_VALUE"}


@given(st.text(max_size=40) | st.from_regex(r"now[+-][0-9]+[smhdw]|[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-9:]{8}Z"))
def test_no_text_makes_it_fail_otherwise(text):
    with suppress(LoadcellError):
        assert -(2**63) < read_time(text, NOW, "from").micros < 2**63
